import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadAll } from "../../src/main.js";
import { makeScene, prepare, recentDay, type Scene, wordsOf } from "../shape/scene.js";
import { cfm, initialised, json } from "./cfm.js";

let scene: Scene;
beforeEach(async () => {
	scene = await initialised();
});
afterEach(() => scene.remove());

describe("a request that is repeated with its ID", () => {
	it("gives the same answer, created too, and changes nothing", async () => {
		const words = ["ids", "allocate", "CORP\\ana", "CORP\\ben", "--request-id", "onboarding-17"];
		const first = await json(scene, words);
		expect(first.result.allocations).toMatchObject([{ created: true }, { created: true }]);
		const history = (await json(scene, ["ids", "history"])).result.total;
		for (let again = 0; again < 3; again++) expect((await json(scene, words)).out).toBe(first.out);
		expect((await cfm(scene, words)).out).toContain("new");
		expect((await json(scene, ["ids", "history"])).result.total).toBe(history);
		// Without the ID it is another request.
		expect((await json(scene, words.slice(0, 4))).result.allocations).toMatchObject([
			{ created: false },
			{ created: false },
		]);
	});

	it("gives the same answer although all was changed since", async () => {
		const words = ["ids", "allocate", "CORP\\ana", "--request-id", "k"];
		const first = await json(scene, words);
		await scene.run(["ids", "release", "CORP\\ana", "--yes", "--at-once"]);
		await scene.run(["ids", "allocate", "CORP\\ben"]);
		expect((await json(scene, words)).out).toBe(first.out);
		expect((await json(scene, ["ids", "list"])).result.total).toBe(1);
	});

	it("may be told otherwise: --json, --pretty, --yes and the registry's path are not part of it", async () => {
		const first = await json(scene, ["ids", "allocate", "ana", "--request-id", "k"]);
		const again = await cfm(scene, ["ids", "allocate", "ana", "--request-id", "k", "--json", "--pretty", "--yes"]);
		expect(JSON.parse(again.out)).toEqual(JSON.parse(first.out));
		const path = join(scene.home, "registry.db");
		expect((await json(scene, ["ids", "allocate", "ana", "--request-id", "k", "--registry", path])).out).toBe(
			first.out,
		);
	});

	it("runs once when it runs twice at the same time", async () => {
		const words = ["ids", "allocate", "ana", "ben", "cal", "--request-id", "k"];
		const runs = await Promise.all(Array.from({ length: 6 }, () => json(scene, words)));
		expect(new Set(runs.map(({ out }) => out)).size).toBe(1);
		expect((await json(scene, ["ids", "list"])).result.total).toBe(3);
	});

	it("that failed may succeed the next time", async () => {
		const words = ["ids", "allocate", "ana", "--environment", "north", "--request-id", "k"];
		expect((await json(scene, words)).code).toBe(3);
		await scene.run(["environments", "add", "north"]);
		expect((await json(scene, words)).code).toBe(0);
	});
});

describe("a request ID used for something else", () => {
	it.each([
		["another user", ["ids", "allocate", "ben"]],
		["one user more", ["ids", "allocate", "ana", "ben"]],
		["another note", ["ids", "allocate", "ana", "--note", "x"]],
		["another command", ["ids", "reserve", "5"]],
		["a change of an environment", ["environments", "add", "north"]],
	])("is a conflict: %s", async (_, words) => {
		await json(scene, ["ids", "allocate", "ana", "--request-id", "k"]);
		const { code, error } = await json(scene, [...words, "--request-id", "k"]);
		expect(code).toBe(4);
		expect(error).toMatchObject({ kind: "conflict", code: "request-id-reused" });
		expect((await json(scene, ["ids", "list"])).result.total).toBe(1);
	});

	it("is a conflict when the file has another content now", async () => {
		const words = ["ids", "allocate", "--from", "users.txt", "--request-id", "k"];
		writeFileSync(join(scene.work, "users.txt"), "ana\n");
		expect((await json(scene, words)).code).toBe(0);
		writeFileSync(join(scene.work, "users.txt"), "ben\n");
		expect((await json(scene, words)).error).toMatchObject({ code: "request-id-reused" });
		writeFileSync(join(scene.work, "users.txt"), "ana\n");
		expect((await json(scene, words)).code).toBe(0);
	});
});

/** A change of every command that takes a request ID. */
const changes: Record<string, string> = {
	init: "init --yes",
	"ids allocate": "ids allocate CORP\\ana",
	"ids release": "ids release CORP\\ana --yes",
	"ids reserve": "ids reserve 10-12",
	"ids move": "ids move CORP\\ana --id 57 --yes",
	"ids rename": "ids rename CORP\\ana CORP\\ana.moreau --yes",
	"ids set": "ids set CORP\\ana --note Finance",
	"ids import": "ids import known.csv",
	"environments add": "environments add north",
	"environments set": "environments set default --domain CORP --yes",
	"environments remove": "environments remove south --confirm south",
	install: "install --silent",
	uninstall: "uninstall --silent --yes",
	"client set": "client set --yes",
	"client forget": "client forget --yes",
	undo: "undo latest --yes",
	"sites add": "sites add https://other.example.com",
	"sites import": "sites import sites.csv",
	"sites remove": "sites remove https://sign.example.com --yes",
	"activations add": `activations add CORP\\new --approved ${recentDay}`,
	"activations step": "activations step CORP\\ana identity-failed",
	"activations renew": `activations renew CORP\\ana --mailed ${recentDay}`,
	"activations complete": "activations complete CORP\\ana",
	"activations cancel": "activations cancel CORP\\ana",
	"certs register": "certs register ben.pem --alias Another",
	"certs import": "certs import certificates.csv",
	"certs refresh": "certs refresh Seal --anchor root.pem --crl root.crl --offline",
	"certs set": "certs set Seal --status suspended",
	"certs retire": "certs retire Seal",
	"certs access grant": "certs access grant Seal --granted 2026-01-15",
	"certs access renew": "certs access renew Seal --granted 2026-03-10",
	"certs access use": "certs access use Seal 1200",
	"services add": "services add Payroll --cert Seal",
	"services set": "services set Invoices --company Example",
	"services suspend": "services suspend Invoices --reason move",
	"services activate": "services activate Invoices",
	"services remove": "services remove Invoices --yes",
	"operators add": "operators add CORP\\signers --role issuer",
	"operators remove": "operators remove CORP\\ben --yes",
	"notify ack": "notify ack access/1/1",
	"notify snooze": "notify snooze access/1/1 --until 2099-01-15",
	"doctor suppress": "doctor suppress CFM-MACHINE-002 --reason known --until 2099-12-31",
	"doctor suppressions remove": "doctor suppressions remove CFM-MACHINE-002",
};

it("every command that takes a request ID is tried", async () => {
	const withRequest = Object.entries(await loadAll()).filter(([, { flags }]) => flags?.["request-id"] !== undefined);
	expect(Object.keys(changes).toSorted()).toEqual(withRequest.map(([id]) => id).toSorted());
});

describe.each(Object.entries(changes))("cfm %s", (id, line) => {
	it("answers the same when it is repeated with its request ID", async () => {
		const own = makeScene();
		try {
			await prepare(own, id);
			const words = [...wordsOf(line), "--request-id", "k"];
			const first = await json(own, words);
			expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: "" });
			const second = await json(own, words);
			expect(second.result).toEqual(first.result);
			expect(second.code).toBe(0);
		} finally {
			own.remove();
		}
	});
});
