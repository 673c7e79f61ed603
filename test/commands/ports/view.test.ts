import { describe, expect, it } from "vitest";
import { portsView } from "../../../src/commands/ports/_view.js";
import { drawn, tabSeparated } from "../../../src/lib/cli/table.js";
import { plain } from "../../../src/lib/cli/theme.js";
import type { Table } from "../../../src/lib/cli/view.js";
import type { ListedPort } from "../../../src/lib/port/list.js";

const known: ListedPort = {
	address: "127.0.0.1",
	port: 24_257,
	pid: 4711,
	process: "certifio-manager-se.exe",
	user: "CORP\\ana",
	session: 2,
	since: "2026-01-15T07:58:12.340Z",
	id: 7,
	expectedUser: "CORP\\ana",
	verdict: "ok",
	unknown: [],
	sharedWith: [],
	kernel: false,
	beyondLoopback: false,
	otherSessions: [],
};
const hidden: ListedPort = {
	...known,
	...{ pid: null, process: null, user: null, session: null, since: null },
	verdict: "unknown-owner",
	unknown: ["pid", "process", "user", "session", "since"],
};

const piped = async (row: ListedPort) => {
	const text = (await Array.fromAsync(tabSeparated(portsView([row])[0] as Table))).join("");
	const [heads = [], cells = []] = text.split("\n").map((line) => line.split("\t"));
	return Object.fromEntries(heads.map((head, at) => [head, cells[at]]));
};
const onTerminal = async (...rows: ListedPort[]) =>
	(await Array.fromAsync(drawn(portsView(rows)[0] as Table, 200, plain))).join("").split("\n");

describe("what can't be determined", () => {
	it("is a question mark in a pipe", async () => {
		const unclear = { USER: "?", PROCESS: "?", PID: "?", SESSION: "?", "SINCE (UTC)": "?" };
		expect(await piped(hidden)).toMatchObject(unclear);
		const child = { pid: null, process: null, user: null };
		expect(await piped({ ...known, sharedWith: [child] })).toMatchObject({ PID: "4711,?" });
	});

	it("is a question mark on a terminal, also when nothing else is in the column", async () => {
		const [, heads, row] = await onTerminal(hidden);
		expect(heads).toMatch(/PID.*SESSION.*SINCE/);
		expect(row?.match(/\?/g)).toHaveLength(5);
	});

	it("is not what there is none of: a service's session, the process of a client that is missing", async () => {
		expect(await piped({ ...known, session: null })).toMatchObject({ SESSION: "" });
		const missing = { ...hidden, address: null, verdict: "missing" as const, unknown: [] };
		expect(await piped(missing)).toMatchObject({ USER: "", PID: "", SESSION: "", "SINCE (UTC)": "" });
		expect((await onTerminal(missing))[1]).not.toMatch(/PID|SESSION|SINCE/);
	});
});

it("a start is told in UTC, and the heading says so", async () => {
	expect(await piped(known)).toMatchObject({ "SINCE (UTC)": known.since });
	const [, heads, row] = await onTerminal(known);
	expect(heads).toContain("SINCE (UTC)");
	expect(row).toContain("2026-01-15 07:58 ");
});
