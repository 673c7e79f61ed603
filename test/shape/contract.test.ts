import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyCommand } from "../../src/lib/cli/definition.js";
import { execute } from "../../src/lib/cli/execute.js";
import { parseWords } from "../../src/lib/cli/request.js";
import { roles } from "../../src/lib/registry/role.js";
import { loadAll } from "../../src/main.js";
import { apartBase, giveBenAClient, makeScene, prepare, recentDay, type Scene } from "./scene.js";
import { ana, server } from "./server.js";

// What scripts may rely on, held by files: `vitest -u` writes them anew, and the difference is what a reviewer sees.

const samplesFolder = join(import.meta.dirname, "samples");
const all = await loadAll();

/** One run of every command, telling as much of its result as one run can. */
const runs: Record<string, string[]> = {
	init: ["--yes", "--range", "1-500", "--domain", "CORP"],
	help: ["exit-codes"],
	completion: ["fish"],
	"completion suggest": ["bash"],
	doctor: ["--user", "ana", "--only", "CFM-MACHINE-002", "--only", "CFM-WEB-002", "--only", "CFM-CLIENT-001"],
	audit: ["--user", "ana", "--only", "CFM-AUDIT-013"],
	"doctor baseline save": ["--only", "CFM-MACHINE-002"],
	"doctor baseline diff": ["--only", "CFM-MACHINE-002", "--only", "CFM-REG-007"],
	"doctor bundle": ["--out-file", "{work}/case.zip", "--yes"],
	"doctor suppress": ["CFM-MACHINE-002", "--reason", "waiting for the vendor", "--until", "2099-12-31"],
	"doctor suppressions list": [],
	"doctor suppressions remove": ["CFM-MACHINE-002"],
	"ids allocate": ["CORP\\ana", "CORP\\ben", "--note", "Finance"],
	"ids list": [],
	"ids show": ["CORP\\ana"],
	"ids release": ["CORP\\ana", "42", "--yes"],
	"ids reserve": ["10-11,42", "--note", "port in use"],
	"ids move": ["CORP\\ana", "--id", "57", "--yes"],
	"ids rename": ["CORP\\ana", "CORP\\ana.smith", "--yes"],
	"ids set": ["CORP\\ana", "--note", "accounting"],
	undo: ["latest", "--yes"],
	"ids history": ["CORP\\ana"],
	"ids import": ["{work}/known.csv"],
	"ids export": ["--format", "json"],
	"activations add": ["CORP\\ana", "--approved", recentDay, "--zone", "Eastern Standard Time"],
	"activations list": [],
	"activations show": ["CORP\\ana"],
	"activations step": ["CORP\\ana", "identity-failed"],
	"activations renew": ["CORP\\ana", "--mailed", recentDay],
	"activations complete": ["CORP\\ana", "--subscription", "2099-01-15"],
	"activations cancel": ["CORP\\ana", "--note", "left the company"],
	"activations due": [],
	"activations letter": ["CORP\\ana"],
	"notify run": ["--dry-run"],
	"notify test": ["--to", "ana@example.com", "--dry-run"],
	"notify list": [],
	"notify ack": ["access/1/1", "--note", "not needed"],
	"notify snooze": ["access/1/1", "--until", "2099-01-15"],
	find: ["an"],
	me: [],
	status: [],
	"users list": [],
	"users show": ["ana"],
	"environments list": [],
	"environments show": [],
	"environments add": ["south", "--range", "1-500", "--port-base", "40000", "--note", "the farm in the south"],
	"environments set": ["default", "--domain", "CORP", "--quarantine-days", "60", "--yes"],
	"environments remove": ["south", "--confirm", "south"],
	"registry info": [],
	"registry check": [],
	"registry backup": ["{work}"],
	"registry restore": ["{work}/copy.db", "--confirm", "registry.db"],
	"config list": [],
	"config get": ["registry"],
	"config set": ["install.timeout", "600"],
	install: ["--silent", "--sha256", "{sha256}"],
	uninstall: ["--silent", "--yes"],
	"client list": [],
	"client show": [],
	"client set": ["--yes"],
	"client detect": [],
	"client forget": ["--yes"],
	"self check": ["--windows"],
	"certs register": ["{work}/ana.pem", "--alias", "Seal", "--owner", "CORP\\ana", "--wallet", "Principal"],
	"certs list": [],
	"certs show": ["seal"],
	"certs set": ["seal", "--owner", "CORP\\ben", "--note", "second floor"],
	"certs retire": ["Seal"],
	"certs due": [],
	"certs export": ["--format", "json"],
	"certs import": ["{work}/certificates.csv"],
	"certs refresh": ["Seal", "--anchor", "{work}/root.pem", "--crl", "{work}/root.crl", "--offline"],
	"certs scan": ["{work}/ana.pem", "{work}/ben.pem"],
	"certs access show": ["Seal"],
	"certs access grant": ["Seal", "--granted", "2026-01-15"],
	"certs access renew": ["Seal", "--granted", "2026-03-10T09:30Z", "--allowance", "5000"],
	"certs access use": ["Seal", "1200"],
	"services add": ["Invoices", "--cert", "seal", "--client-id", "invoices-7", "--company", "Example"],
	"services list": [],
	"services show": ["invoices"],
	"services set": ["Invoices", "--contact", "CORP\\ben", "--language", "fr-CA"],
	"services suspend": ["Invoices", "--reason", "new server"],
	"services activate": ["Invoices"],
	"services remove": ["Invoices", "--yes"],
	"operators add": ["CORP\\signers", "--role", "issuer", "--mail", "signers@example.com", "--language", "fr-CA"],
	"operators list": [],
	"operators remove": ["CORP\\ben", "--yes"],
	"certs inspect": ["{work}/ana.pem"],
	"certs verify": ["{work}/ana.pem", "--anchor", "{work}/root.pem", "--crl", "{work}/root.crl", "--offline"],
	"signatures check": ["{work}/letter.txt.p7s", "--anchor", "{work}/seal.pem", "--offline"],
	"sign test": ["--p12", "{work}/trial.p12", "--anchor", "{work}/trial.pem", "--offline"],
	"tsa test": ["--tsa", "http://tsa.example.com", "--anchor", "{work}/seal.pem"],
	"tokens list": [],
	"tokens show": ["--module", "/opt/token.so", "--slot", "1"],
	"tokens test": ["--module", "/opt/token.so", "--slot", "1", "--pin-file", "{work}/pin.txt"],
	"ports list": [],
	"ports check": ["7"],
	"ports reserve-block": [],
	"ports learn": ["--apply", "--yes"],
	"calendar export": ["--out-file", "{work}/deadlines.ics"],
	"schedule add": ["notify", "--yes"],
	"schedule list": [],
	"schedule remove": ["audit"],
	"sites add": ["https://sign.example.com", "--note", "the portal"],
	"sites list": [],
	"sites remove": ["https://sign.example.com", "--yes"],
	"sites import": ["{work}/sites.csv"],
	"web list": ["--user", "ana"],
	"web set": ["--user", "ana", "--all-sites", "--yes"],
	"web clear": ["--user", "ana", "--all-sites", "--yes"],
	"web repair": ["--user", "ana", "--yes"],
	"web steps": ["--browser", "edge"],
	"web backups list": [],
	"web backups restore": ["latest", "--yes"],
	"web policy export": [
		...["--out-dir", "{work}/policy", "--browser", "chrome"],
		...["--update-url", "https://intranet.example.com/cfm/update.xml"],
	],
};

/** What people look at every day: how it looks where a terminal is narrow or wide is kept as well. */
const screens = [
	"activations list",
	"activations show",
	"certs access show",
	"certs inspect",
	"certs list",
	"certs show",
	"certs verify",
	"find",
	"ids history",
	"ids list",
	"ids move",
	"ids release",
	"me",
	"self check",
	"operators list",
	"services list",
	"services show",
	"sign test",
	"signatures check",
	"status",
	"tokens list",
	"tsa test",
	"users list",
	"users show",
];

/** Whose result is read while it is printed. */
const streaming = ["ids list", "ids history", "ids export", "certs export"];

const scenes = new Map<string, Scene>();
const samples = new Map<string, string>();

beforeAll(async () => {
	for (const id of Object.keys(all)) {
		const scene = makeScene(server, ana);
		scenes.set(id, scene);
		await prepare(scene, id);
		if (id.startsWith("ports ")) giveBenAClient(scene);
		if (id === "ids allocate") await scene.run(["ids", "allocate", "CORP\\ana"]);
	}
});

afterAll(() => {
	for (const scene of scenes.values()) scene.remove();
});

function wordsFor(id: string, scene: Scene): string[] {
	const installer = join(scene.work, "certifio-manager-se.exe");
	return (runs[id] ?? []).map((word) =>
		word.replace("{work}", scene.work).replace("{sha256}", () => sha256Of(installer)),
	);
}

function sha256Of(file: string): string {
	return process.getBuiltinModule("node:crypto").createHash("sha256").update(readFileSync(file)).digest("hex");
}

/**
 * A time from which the samples count: what happened in the run is of that day, what will be comes as many days later.
 * Times long past are the stand-in server's, the same in every run, and stay.
 */
const day = 86_400_000;
const base = Date.parse("2026-01-15T09:30:00.000Z");

/** A port where the tests have put them; on the usual ones, real clients may listen. */
function isApart(value: number): boolean {
	return (value >= apartBase && value < apartBase + 200) || value === apartBase + 20_000;
}

/** What an approval of ten days ago comes to. */
const clockFacts: Readonly<Record<string, string | number>> = {
	...{ said: "2026-01-05", runsFrom: "2026-01-05T03:30:00.000Z", safeUntil: "2026-01-20T03:30:00.000Z" },
	...{ latestEnd: "2026-01-21T03:30:00.000Z", daysLeft: 4, hoursLeft: 114 },
};

/** Takes out of a sample what no two runs have alike. */
function normalised(value: unknown, scene: Scene, key = ""): unknown {
	if (Array.isArray(value)) return value.map((one) => normalised(one, scene));
	if (typeof value === "object" && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, normalised(one, scene, name)]));
	}
	if (key === "sizeBytes" && typeof value === "number") return 98_304;
	if (key === "seconds") return 0.1;
	if (key === "loginMilliseconds") return 210;
	if (key === "milliseconds" && typeof value === "number") return 120;
	if (key === "clockDifference" && value !== null) return 40;
	// Days and the ends of days in a zone: how far they are away is another number of hours in every run.
	if (key === "daysLeft" && Number(value) > 1000) return 35_835; // of a certificate that is made for a century
	if (key in clockFacts && value !== null) return clockFacts[key];
	if (key === "log" && typeof value === "string") return "/var/lib/cfm/logs/install-20260115T093000-4711.log";
	if (typeof value === "number" && isApart(value)) return value - apartBase + 24_250;
	if (typeof value !== "string") return value;
	if (key === "extensionId") return "hpdghhceelondemnmjbpfdloibeammfe";
	if (key === "uid") return value.replace(/@.*/, "@1a2b3c4d1a2b3c4d.cfm");
	if (key === "sqliteVersion") return "3.54.1";
	if (key === "identity") return "1a2b3c4d".repeat(8);
	if (key === "batch") return "0b6f3a52-5f0e-4c0a-9d5e-7a1c2b3d4e5f";
	if (key === "requestKey" || (key === "request" && value !== "latest")) return "mkf3q8w0-1a2b-7c9d2e4f6g";
	if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) {
		const days = Math.round((Date.parse(value) - Date.now()) / day);
		// What is over, or a fixed day far ahead, is no distance from now: it would be another one each day.
		if (days < -1 || days > 10_000) return value;
		return new Date(base + days * day).toISOString();
	}
	return (
		value
			.replaceAll(scene.home, "/var/lib/cfm")
			.replaceAll(scene.user, "/home/ana")
			.replaceAll(scene.work, "/home/ana/files")
			.replaceAll(join(scene.folder, "config"), "/home/ana/.config")
			.replace(new RegExp(`\\b${Math.floor(apartBase / 100)}\\d\\d\\b`, "g"), (port) =>
				String(Number(port) - apartBase + 24_250),
			)
			// A day counted from that on which the tests run.
			.replace(/\bquarantined until \d{4}-\d\d-\d\d\b/, "quarantined until 2026-02-14")
			.replace(/^\d{8}T\d{6}-[\da-f]{6}$/, "20260115T093000-1a2b3c")
			.replace(/\bregistry-[\w-]+?-[\da-f]{8}-(?=\d{8}T)/, "registry-TS01-1a2b3c4d-")
			.replace(/\d{8}T\d{6}(\d{3})?Z/, (stamp) => `20260115T093000${stamp.length > 16 ? "000" : ""}Z`)
	);
}

describe("the command tree", () => {
	it("is what it was: commands, arguments, flags", async () => {
		const tree = Object.fromEntries(
			Object.entries(all).map(([id, { args, flags, registry, changes, role, own }]) => [
				id,
				{
					...(registry ? { registry } : {}),
					...(changes === undefined ? {} : { changes }),
					role,
					...(own === undefined ? {} : { own: true }),
					args: Object.fromEntries(Object.entries(args ?? {}).map(([name, { summary: _, ...rest }]) => [name, rest])),
					flags: Object.fromEntries(
						Object.entries(flags ?? {})
							.toSorted(([a], [b]) => (a < b ? -1 : 1))
							.map(([name, { summary: _, common: __, ...rest }]) => [name, rest]),
					),
				},
			]),
		);
		await expect(`${JSON.stringify(tree, null, "\t")}\n`).toMatchFileSnapshot("__snapshots__/command-tree.json");
	});
});

describe.each(Object.keys(all))("the result of cfm %s", (id) => {
	const file = join(samplesFolder, id.replaceAll(" ", "-"));

	it("is what it was, as JSON", async () => {
		const scene = scenes.get(id) as Scene;
		const ran = await scene.run([...id.split(" "), ...wordsFor(id, scene), "--json", "--pretty"]);
		expect(ran).toMatchObject({ code: 0, err: "" });
		expect(ran.out).toMatch(/^[\n\x20-\x7e]*$/);
		const sample = normalised(JSON.parse(ran.out), scene);
		const text = JSON.stringify(sample, null, 2);
		samples.set(id, text);
		const { list } = all[id] as AnyCommand;
		if (list !== undefined) {
			// Every field of a row can be asked for by --columns.
			const rows = (JSON.parse(text) as { result: Record<string, object[]> }).result[list.rows];
			expect(rows).toEqual(expect.any(Array));
			expect(list.fields).toEqual(expect.arrayContaining([...new Set(rows?.flatMap(Object.keys))]));
		}
		await expect(`${text}\n`).toMatchFileSnapshot(`${file}.json`);
	});

	it.each(screens.includes(id) ? [80, 100, 120] : [100])(
		"is what it was, on a terminal of %d columns",
		async (columns) => {
			const { result } = JSON.parse(samples.get(id) ?? "{}") as { result: Record<string, unknown> };
			const definition = all[id] as AnyCommand;
			// The very result of the sample, so that nothing in the text depends on where and when it ran.
			const again: AnyCommand = {
				...definition,
				run: async () => (streaming.includes(id) ? inChunks(result) : result),
			};
			let out = "";
			const write = (text: string) => {
				out += text;
				return true;
			};
			const terminal = { inIsTerminal: true, outIsTerminal: true, errIsTerminal: true, columns };
			const words = wordsFor(id, scenes.get(id) as Scene);
			const variables = { NO_COLOR: "1" };
			const streams = { out: write, err: write, variables, ...terminal };
			const code = await execute(id, again, parseWords(definition, words), streams, (scenes.get(id) as Scene).host);
			expect(code).toBe(0);
			// A terminal shows the time of the clock on the wall; an export is a file.
			if (!id.endsWith(" export")) expect(out).not.toMatch(/\dT\d\d:\d\d:\d\d/);
			await expect(out).toMatchFileSnapshot(columns === 100 ? `${file}.txt` : `${file}.${columns}.txt`);
			// Commands are for pasting, however long they are.
			const drawn = out.split("\n").filter((line) => /^[┌│├└+|]/.test(line));
			expect(drawn.filter((line) => line.length > columns)).toEqual([]);
		},
	);

	it("has a total beside every list", () => {
		const { result } = JSON.parse(samples.get(id) ?? "{}") as { result: Record<string, unknown> };
		const lists = Object.values(result).filter((value) => Array.isArray(value) && typeof value[0] === "object");
		const lengths = lists.map((list) => (list as unknown[]).length);
		// Of several lists it is the length of the one that the command is about.
		if (lengths.length > 0) expect(lengths).toContain(result.total);
	});
});

/** Runs a command in its scene once more, as an account of no machine's administrator. */
async function runAs(id: string, account: string) {
	const scene = scenes.get(id) as Scene;
	let out = "";
	const variables = { ...scene.environment, NO_COLOR: "1" };
	const terminal = { inIsTerminal: false, outIsTerminal: false, errIsTerminal: false, columns: 100 };
	const write = (text: string) => {
		out += text;
		return true;
	};
	const streams = { out: write, err: () => true, variables, ...terminal };
	const asker = { account, sid: null, administers: false, memberOf: async () => [] };
	// A file that is there already is told first.
	const words = [...wordsFor(id, scene).map((word) => word.replace("case.zip", `${account.length}.zip`)), "--json"];
	const host = { ...scene.host, asker: async () => asker };
	const code = await execute(id, all[id] as AnyCommand, parseWords(all[id] as AnyCommand, words), streams, host);
	return { code, error: (JSON.parse(out) as { error?: { code: string; data: object } }).error };
}

describe("once operators are named", () => {
	const asking = Object.entries(all).filter(([, { role, own }]) => role !== "none" && role !== "as-done" && !own);

	it.each(asking)("cfm %s is for its role, and nobody below", async (id, { role }) => {
		const scene = scenes.get(id) as Scene;
		await scene.run(["init", "--yes"]);
		await scene.run(["operators", "add", ana.username, "--role", "admin", "--yes"]);
		for (const one of ["admin", "issuer", "operator", "auditor"])
			await scene.run(["operators", "add", `CORP\\the-${one}`, "--role", one, "--yes"]);
		const events = async () =>
			(JSON.parse((await scene.run(["ids", "history", "--json"])).out) as { result: { events: { action: string }[] } })
				.result.events;
		const before = (await events()).filter(({ action }) => action !== "role.refuse");
		const needed = roles.indexOf(role as (typeof roles)[number]);
		for (const account of ["CORP\\nobody", ...roles.slice(0, needed).map((one) => `CORP\\the-${one}`)]) {
			const { code, error } = await runAs(id, account);
			expect({ account, code, error: error?.code }).toEqual({ account, code: 5, error: "role-needed" });
			expect(error?.data).toMatchObject({ command: id, needed: role, account });
		}
		const after = await events();
		expect(after.filter(({ action }) => action !== "role.refuse")).toEqual(before);
		expect(after.length).toBe(before.length + (runs[id]?.includes("--dry-run") ? 0 : needed + 1));
		const { error } = await runAs(id, `CORP\\the-${role}`);
		expect(error?.code).not.toBe("role-needed");
	});
});

describe("the samples", () => {
	it("are of commands that there are", () => {
		const names = new Set(Object.keys(all).map((id) => id.replaceAll(" ", "-")));
		const files = existsSync(samplesFolder) ? readdirSync(samplesFolder) : [];
		expect(files.filter((file) => !names.has(file.replace(/(\.\d+)?\.(json|txt)$/, "")))).toEqual([]);
	});

	it("have no two keys that differ only in case: PowerShell's ConvertFrom-Json takes them for one", () => {
		const spellings = new Map<string, Set<string>>();
		const collect = (value: unknown): void => {
			if (typeof value !== "object" || value === null) return;
			for (const [key, one] of Object.entries(value)) {
				// The flags of a command line are called as they are typed.
				if (key === "flags") continue;
				if (!Array.isArray(value)) {
					const folded = key.toLowerCase();
					spellings.set(folded, (spellings.get(folded) ?? new Set()).add(key));
					expect(key).toMatch(/^[a-z][a-zA-Z\d]*$/);
				}
				collect(one);
			}
		};
		for (const text of samples.values()) collect(JSON.parse(text));
		expect(spellings.size).toBeGreaterThan(20);
		for (const [folded, keys] of spellings) expect([...keys], folded).toHaveLength(1);
	});

	it("write every time in ISO 8601, UTC", () => {
		for (const text of samples.values()) {
			for (const [, key, value] of text.matchAll(/"(at|since|until)": (.*?),?$/gm)) {
				expect(value, key).toMatch(/^(null|"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")$/);
			}
		}
	});
});

/** Lists as the registry gives them: in pieces. */
function inChunks(result: Record<string, unknown>): Record<string, unknown> {
	const entries = Object.entries(result).map(([key, value]) => [
		key,
		Array.isArray(value)
			? (async function* () {
					yield value;
				})()
			: value,
	]);
	return Object.fromEntries(entries);
}
