import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadAll } from "../../src/main.js";
import { giveBenAClient, makeScene, prepare, recentDay, type Scene } from "./scene.js";
import { ana, server } from "./server.js";

/** Command lines that would change something, by command; with `--dry-run` they must not. */
const changes: Record<string, string[]> = {
	init: ["--yes"],
	"ids allocate": ["CORP\\ana", "CORP\\new"],
	"ids release": ["CORP\\ana"],
	"ids reserve": ["1-10,42"],
	"ids rename": ["CORP\\ana", "CORP\\ana.smith"],
	"ids set": ["CORP\\ana", "--note", "accounting"],
	undo: ["latest"],
	"ids move": ["CORP\\ana", "--id", "57"],
	"ids import": ["{work}/known.csv"],
	"environments add": ["north"],
	"environments set": ["default", "--domain", "CORP"],
	"environments remove": ["south"],
	"registry backup": ["{work}/another.db"],
	"registry migrate": [],
	"registry restore": ["{work}/copy.db"],
	"config set": ["install.timeout", "10", "--machine"],
	install: ["--silent"],
	uninstall: ["--silent"],
	"client set": [],
	"client detect": ["--apply"],
	"client forget": [],
	"ports reserve-block": ["--yes"],
	"ports learn": ["--apply"],
	doctor: ["--only", "CFM-CLIENT-001", "--fix"],
	audit: ["--all-users", "--only", "CFM-AUDIT-013", "--fix"],
	"doctor baseline save": ["--only", "CFM-MACHINE-002"],
	"doctor bundle": ["--out-file", "{work}/case.zip"],
	"doctor suppress": ["CFM-MACHINE-002", "--reason", "known", "--until", "2099-12-31"],
	"doctor suppressions remove": ["CFM-MACHINE-002"],
	"activations add": ["CORP\\new", "--approved", recentDay],
	"activations step": ["CORP\\ana", "identity-confirmed"],
	"activations renew": ["CORP\\ana", "--mailed", recentDay],
	"activations complete": ["CORP\\ana"],
	"activations cancel": ["CORP\\ana"],
	"certs register": ["{work}/ben.pem", "--alias", "Another"],
	"schedule add": ["notify"],
	"schedule remove": ["notify"],
	"certs import": ["{work}/certificates.csv"],
	"certs refresh": ["Seal", "--anchor", "{work}/root.pem", "--crl", "{work}/root.crl", "--offline"],
	"certs set": ["Seal", "--status", "suspended"],
	"certs retire": ["Seal"],
	"certs access grant": ["Seal", "--granted", "2026-01-15"],
	"certs access renew": ["Seal", "--granted", "2026-03-10"],
	"certs access use": ["Seal", "1200"],
	"services add": ["Payroll", "--cert", "Seal"],
	"services set": ["Invoices", "--company", "Example"],
	"services suspend": ["Invoices", "--reason", "new server"],
	"services activate": ["Invoices"],
	"services remove": ["Invoices"],
	"operators add": ["CORP\\signers", "--role", "issuer"],
	"operators remove": ["CORP\\ben"],
	"notify run": [],
	"notify test": ["--to", "ana@example.com"],
	"notify ack": ["access/1/1"],
	"notify snooze": ["access/1/1", "--until", "2099-01-15"],
	"sites add": ["https://other.example.com"],
	"sites remove": ["https://sign.example.com"],
	"sites import": ["{work}/sites.csv"],
	"web set": ["--all-users", "--all-sites"],
	"web clear": ["--all-users", "--all-sites"],
	"web repair": ["--all-users"],
	"web backups restore": ["latest"],
	"web policy export": ["--out-dir", "{work}/policy", "--update-url", "https://intranet.example.com/cfm/update.xml"],
};

const all = Object.entries(await loadAll());
const scenes = new Map<string, Scene>();

beforeAll(async () => {
	for (const id of Object.keys(changes)) {
		const scene = makeScene(server, ana);
		scenes.set(id, scene);
		await prepare(scene, id);
		if (id.startsWith("ports ")) giveBenAClient(scene);
	}
});
afterAll(() => {
	for (const scene of scenes.values()) scene.remove();
});

/** Everything that is in a scene, and what the registry says; the log of the database comes and goes. */
async function state(scene: Scene): Promise<unknown> {
	const files = readdirSync(scene.folder, { recursive: true, encoding: "utf8" })
		.filter((file) => !/registry\.db(-\w+)?$/.test(file) && statSync(join(scene.folder, file)).isFile())
		.map((file) => [file, readFileSync(join(scene.folder, file), "latin1")]);
	const told = [];
	for (const line of ["ids list", "ids history", "environments list", "sites list", "activations list", "certs list"]) {
		const { code, out } = await scene.run([...line.split(" "), "--json"]);
		told.push([code, out]);
	}
	return { files: files.toSorted(), told };
}

it("every command that changes something is tried", () => {
	const withDryRun = all.filter(([, { flags }]) => flags?.["dry-run"] !== undefined).map(([id]) => id);
	expect(Object.keys(changes).toSorted()).toEqual(withDryRun.toSorted());
});

describe.each(Object.entries(changes))("cfm %s --dry-run", (id, words) => {
	const line = (scene: Scene) => [
		...id.split(" "),
		...words.map((word) => word.replace("{work}", scene.work)),
		"--dry-run",
	];

	it("changes nothing, asks nothing, and says so in JSON", async () => {
		const scene = scenes.get(id) as Scene;
		const before = await state(scene);
		const { code, out, err } = await scene.run([...line(scene), "--json"]);
		expect({ code, err }).toEqual({ code: 0, err: "" });
		expect(JSON.parse(out).result).toMatchObject({ dryRun: true });
		expect(await state(scene)).toEqual(before);
	});

	it("says to people that nothing was changed", async () => {
		const scene = scenes.get(id) as Scene;
		const { code, out, err } = await scene.run(line(scene));
		expect(code).toBe(0);
		expect(out + err).toMatch(/nothing was (changed|written)|would/i);
		// "Recorded for Seal.", "Removed 3 files.": it was not.
		expect(out.split("\n").filter((line) => /^[A-Z][a-z]*ed\b(?! of| ID)[^\t]*$/.test(line))).toEqual([]);
	});
});
