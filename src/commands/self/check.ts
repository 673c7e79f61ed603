import { command } from "../../lib/cli/definition.js";
import type { Block, Tone } from "../../lib/cli/view.js";
import { checkWindows, differences, type Sight, type WindowsCheck } from "../../lib/self/check.js";
import { checkProgram, type ProgramCheck, programFaults } from "../../lib/self/program.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Check cfm's own files and who can change them, or what cfm expects of Windows`,
	description: t`Changes nothing. A cfm built from its sources has no list. Run --windows elevated, and again as an ordinary user.`,
	role: "none",
	flags: {
		windows: { kind: "boolean", summary: t`Check what cfm expects of Windows` },
	},
	examples: [
		{ what: t`Check the installed files`, line: "cfm self check" },
		{ what: t`Check Windows, in an elevated window`, line: "cfm self check --windows" },
		{ what: t`What you can send us`, line: "cfm self check --windows --json" },
	],
	async run({ flags }, context) {
		const { host, shell } = context;
		if (!flags.windows) return checkProgram(await host.program());
		const settings = await context.settings({}, { adopt: true, passBy: true });
		const windows = await host.windows({
			home: settings.places.home,
			profile: () => settings.clientProfile(),
			browsers: () => context.browsers(settings),
		});
		const isWatched = shell.streams.errIsTerminal && !shell.flags.json;
		return checkWindows(windows, ({ title }) => {
			if (isWatched) shell.streams.err(`${title} …\n`);
		});
	},
	view: (result) => (isOfWindows(result) ? windowsView(result) : programView(result)),
	verdict: (result) => (isOfWindows(result) ? differences(result) : programFaults(result)),
});

const isOfWindows = (result: WindowsCheck | ProgramCheck): result is WindowsCheck => "checks" in result;

function programView({ version, folder, node, listed, files, signature, rights }: ProgramCheck): Block[] {
	return [
		...files.map(({ file, state }): Block => ({ line: `${stateWords(state).padEnd(12)} ${file}`, tone: "bad" })),
		...(rights.why === null ? [] : [rightsLine(rights)]),
		{ line: t`cfm ${version} with Node ${node} in ${folder}` },
		{
			line:
				listed === null
					? t`It was built from its sources: no list says what its files should be.`
					: t`Files compared: ${listed}. Not as they came: ${files.length}.`,
			...(listed !== null && { tone: files.length === 0 ? ("good" as const) : ("bad" as const) }),
		},
		...(signature === null ? [] : [signatureLine(signature)]),
	];
}

function signatureLine(signature: "valid" | "wrong" | "missing"): Block {
	const line = {
		valid: t`The list of files is signed.`,
		wrong: t`The list of files does not bear the signature that it should.`,
		missing: t`The list of files is not signed.`,
	}[signature];
	return { line, tone: signature === "valid" ? "good" : "bad" };
}

function rightsLine({ state, why }: ProgramCheck["rights"]): Block {
	return state === "open"
		? { line: t`Others can change what runs here: ${why ?? ""}`, tone: "bad" }
		: { line: t`Can't determine who can change what runs here: ${why ?? ""}` };
}

function stateWords(state: ProgramCheck["files"][number]["state"]): string {
	return { changed: t`changed`, missing: t`missing`, added: t`added`, unreadable: t`unreadable` }[state];
}

function windowsView({ system, checks }: WindowsCheck): Block[] {
	return [
		...checks.flatMap(({ state, title, seen, expected }): Block[] => [
			{ line: `${words(state).padEnd(12)} ${title}: ${seen}`, ...(tones[state] && { tone: tones[state] }) },
			...(state === "differs" ? [{ line: `${"".padEnd(12)} ${t`Expected: ${expected}`}` }] : []),
		]),
		{ line: countsOf(checks) },
		...(system.elevated === false ? [{ line: t`More can be checked in an elevated window.` }] : []),
	];
}

const tones: Readonly<Record<Sight["state"], Tone | undefined>> = {
	"as-expected": "good",
	differs: "bad",
	"not-tried": undefined,
};

function words(state: Sight["state"]): string {
	return { "as-expected": t`as expected`, differs: t`differs`, "not-tried": t`not tried` }[state];
}

function countsOf(checks: WindowsCheck["checks"]): string {
	const number = (wanted: Sight["state"]) => checks.filter(({ state }) => state === wanted).length;
	return t`Checks: as expected: ${number("as-expected")}, differ: ${number("differs")}, not tried: ${number("not-tried")}.`;
}
