import { command } from "../../lib/cli/definition.js";
import { type Block, type Tone, table } from "../../lib/cli/view.js";
import type { Context } from "../../lib/context.js";
import { CfmError } from "../../lib/errors.js";
import { type Known, known, unknown } from "../../lib/known.js";
import { tokenPlace } from "../../lib/registered/places.js";
import { type ScanAnswer, type ScannedCertificate, type ScannedPlace, scanAgainst } from "../../lib/registered/scan.js";
import { plural, t } from "../../lib/text.js";
import { lookAtModules, modulesToLookAt } from "../../lib/token/list.js";
import { tokenFlags, tokensOf } from "../_token.js";
import { bytesOf, certificatesOf, inStore, onToken, placeOfStore } from "./_inputs.js";
import { inventoryLine } from "./_register.js";

export default command({
	summary: t`Hold the certificates of this machine against the register`,
	description: t`In Windows' stores and on tokens here, without a PIN, or where you say: what is not registered, what took a registered one's place, what is gone. Changes nothing.`,
	role: "auditor",
	registry: true,
	list: {
		rows: "certificates",
		fields: ["state", "alias", "subject", "issuer", "serial", "fingerprint", "notAfter", "sources"],
	},
	args: { files: { summary: t`Files to look into instead: PEM, DER or PKCS#7`, many: true, of: "file" } },
	flags: {
		store: {
			kind: "text",
			value: "STORE",
			multiple: true,
			summary: t`A store of Windows instead: user, machine/NAME …`,
		},
		module: { ...tokenFlags.module, required: false, summary: t`The PKCS#11 module of a token instead` },
		slot: { ...tokenFlags.slot, required: false, summary: t`Only the token in this slot of the module` },
	},
	examples: [
		{ what: t`All that this machine has`, line: "cfm certs scan" },
		{ what: t`Files`, line: "cfm certs scan ana.pem ben.pem" },
	],
	async run({ args, flags }, context): Promise<ScanAnswer> {
		const { module, slot, store } = flags;
		if (slot !== undefined && module === undefined)
			throw new CfmError("usage", "one-source", t`A slot is one of a module: specify --module, too.`);
		const reader = await certificatesOf(context);
		const registry = await context.registry(await context.settings(), { readonly: true });
		const isNamed = args.files.length + store.length > 0 || module !== undefined;
		const places = await context.shell.during(t`Looking`, async () =>
			isNamed
				? [
						...(await filesOf(reader, args.files)),
						...(await storesOf(context, store)),
						...(module === undefined ? [] : await tokensIn(context, [module], slot)),
					]
				: [...(await storesOf(context, ownStores)), ...(await tokensIn(context, [], undefined))],
		);
		// What was named and can't be looked at is an error; of what is there by chance, others are looked at.
		for (const { source, ders } of places) if (!ders.known) context.shell.warn(t`${source}: ${ders.why}`);
		return registry.read((view) => scanAgainst(view, reader, places));
	},
	view: ({ certificates, registered, places }): Block[] => [
		table<ScannedCertificate>(
			[
				{
					head: t`STATE`,
					field: "state",
					value: ({ state }) => state,
					drawn: ({ state }) => stateText(state),
					tone: ({ state }) => tones[state],
				},
				{ head: t`ALIAS`, field: "alias", value: ({ alias }) => alias, whole: true },
				{ head: t`SUBJECT`, field: "subject", value: ({ subject }) => subject, shrinks: true },
				{
					head: t`UNTIL`,
					field: "notAfter",
					value: ({ notAfter }) => notAfter,
					drawn: ({ notAfter }) => notAfter?.slice(0, 10) ?? "",
				},
				{ head: t`WHERE`, field: "sources", value: ({ sources }) => sources.join(", "), shrinks: true },
			],
			certificates,
			places.some(({ found }) => found !== null)
				? t`Nothing is unknown, changed or gone.`
				: t`There was nothing to look at.`,
		),
		{
			line: plural(registered, {
				one: "1 certificate that was found is registered.",
				other: `${registered} certificates that were found are registered.`,
			}),
		},
		inventoryLine(),
	],
});

const ownStores = ["user", "machine"] as const;

const tones: Readonly<Record<ScannedCertificate["state"], Tone>> = {
	...{ unknown: "caution", changed: "caution", gone: "bad" },
};

function stateText(state: ScannedCertificate["state"]): string {
	const texts: Record<ScannedCertificate["state"], () => string> = {
		unknown: () => t`not registered`,
		changed: () => t`changed`,
		gone: () => t`gone`,
	};
	return texts[state]();
}

/** @throws CfmError usage `no-certificate`, and as any file */
async function filesOf(
	reader: Awaited<ReturnType<typeof certificatesOf>>,
	files: readonly string[],
): Promise<ScannedPlace[]> {
	const places: ScannedPlace[] = [];
	for (const file of files) {
		const { kind, certificates } = await reader.take(await bytesOf(file));
		// A locked file may hold some: that it holds none would be a guess.
		places.push({
			...{ source: file, place: null },
			ders: kind === "pkcs12" ? unknown(t`a PKCS#12 file is not opened`) : known(certificates),
		});
	}
	return places;
}

/** Stores; those that nobody named are none where there are no such stores. */
async function storesOf(context: Context, names: readonly string[]): Promise<ScannedPlace[]> {
	const places: ScannedPlace[] = [];
	for (const name of names) {
		if (names === ownStores && context.host.platform !== "win32") continue;
		const ders = names === ownStores ? await knownOr(inStore(context, name)) : known(await inStore(context, name));
		places.push({ source: t`store ${name}`, place: await placeOfStore(context, name), ders });
	}
	return places;
}

/** The tokens of modules, each opened without a PIN. @param named those to look at; none: all that are known of */
async function tokensIn(context: Context, named: readonly string[], slot: number | undefined): Promise<ScannedPlace[]> {
	const settings = await context.settings();
	const tokens = await tokensOf(context, settings);
	const looks = await lookAtModules(tokens, modulesToLookAt(tokens, named, settings.get("token.modules")));
	const places: ScannedPlace[] = [];
	for (const { path, tokens: all, why, state } of looks) {
		if (all.length === 0 && state !== "ok" && (named.length > 0 || state !== "missing"))
			places.push({ source: path, place: null, ders: unknown(why ?? state) });
		for (const token of all) {
			if (slot !== undefined && token.slot !== slot) continue;
			const place = tokenPlace(token);
			// Two modules may see the same token.
			if (places.some((one) => one.place === place && one.ders.known)) continue;
			const ders = await knownOr(onToken(context, path, token.slot).then((found) => found.ders));
			places.push({ source: t`token ${token.label.trim()}`, place, ders });
		}
	}
	return places;
}

async function knownOr(work: Promise<Buffer[]>): Promise<Known<Buffer[]>> {
	try {
		return known(await work);
	} catch (error) {
		if (error instanceof CfmError) return unknown(error.message.replace(/\.$/, ""));
		throw error;
	}
}
