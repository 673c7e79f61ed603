import { CfmError } from "../errors.js";
import { t } from "../text.js";

/** A zone as IANA names it: `America/Toronto`, `UTC`. Never an offset such as `+05:00`: `TZ` does not take it. */
const ianaName = /^[A-Za-z][\w+-]*(?:\/[\w+-]+){0,2}$/;

/**
 * Reads a time zone: an IANA name, in any case, or what Windows calls one (`Eastern Standard Time`), of which Unicode's table
 * has a representative.
 *
 * @returns the IANA name as Node spells it
 * @throws CfmError usage `bad-zone`
 */
export async function parseZone(text: string): Promise<string> {
	const asked = text.trim();
	const known = zoneCalled(asked) ?? zoneCalled(await ianaOf(asked));
	if (known !== undefined) return known;
	throw new CfmError("usage", "bad-zone", t`Not a time zone: ${asked.slice(0, 60)}.`, {
		hints: [t`Write it as America/Toronto, Europe/Paris or UTC, or as Windows does: Eastern Standard Time.`],
		data: { zone: asked.slice(0, 60) },
	});
}

/** The zone of this machine, by its IANA name; on Windows a representative of what is set there. */
export function machineZone(): string {
	return new Intl.DateTimeFormat("en").resolvedOptions().timeZone;
}

/** A zone by its IANA name; undefined where there is none of that name: `TZ` would silently take it for UTC. */
function zoneCalled(name: string): string | undefined {
	if (!ianaName.test(name)) return undefined;
	try {
		return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** The representative of a zone of Windows; empty where Windows has none of that name. */
async function ianaOf(windowsName: string): Promise<string> {
	// Its tables have 50 KB: nobody who writes IANA names waits for them.
	const { WINDOWS_TO_IANA_MAP } = await import("windows-iana");
	const folded = windowsName.toLowerCase();
	const found = WINDOWS_TO_IANA_MAP.find((one) => one.territory === "001" && one.windowsName.toLowerCase() === folded);
	return found?.iana[0] ?? "";
}
