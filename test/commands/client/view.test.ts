import { describe, expect, it } from "vitest";
import { clientFacts, clientsView } from "../../../src/commands/client/_view.js";
import { tabSeparated } from "../../../src/lib/cli/table.js";
import type { Table } from "../../../src/lib/cli/view.js";

const client = {
	user: "CORP\\ana",
	folder: "C:\\Users\\ana\\AppData\\Roaming\\Notarius",
	installed: true,
	clientId: 7,
	version: "3.1.0",
	registered: true,
	running: true,
	port: 24_257,
	listening: true,
	unknown: [] as string[],
};

const facts = (one: Parameters<typeof clientFacts>[0]) => Object.fromEntries(clientFacts(one).facts);

describe("a client", () => {
	it("is told in full", () => {
		expect(facts(client)).toMatchObject({ User: "CORP\\ana", "Client ID": 7, Installed: "yes", Listens: "yes" });
	});

	it("tells no from could not tell", () => {
		const nothing = { ...client, installed: false, clientId: null, running: false, registered: false };
		expect(facts(nothing)).toMatchObject({ Installed: "no", "Client ID": null, Running: "no" });
		const hidden = { ...client, installed: null, clientId: null, running: null, unknown: ["clientId"] };
		expect(facts(hidden)).toMatchObject({ Installed: "unknown", "Client ID": "unknown", Running: "unknown" });
	});

	it("is a row of the list, with a verdict", async () => {
		const rows = [{ ...client, allocatedId: 8, verdict: "wrong-id" as const }];
		const text = (await Array.fromAsync(tabSeparated(clientsView(rows)[0] as Table))).join("");
		expect(text.split("\n")[1]).toBe("CORP\\ana\twrong-id\t8\t7\t24257\t3.1.0\tyes\tyes");
	});
});
