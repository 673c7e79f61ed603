import { describe, expect, it, onTestFinished } from "vitest";
import type { LocalUser, Machine } from "../../../src/lib/client/machine.js";
import { known } from "../../../src/lib/known.js";
import { client, nothing } from "../../lib/client/fake-machine.js";
import { FakeNetwork, listener, owner } from "../../lib/port/fake-network.js";
import { makeScene } from "../../shape/scene.js";

const hostileVersion = "3.1\u001b[2J\u001b[H\nCORP\\ben  ok  8";

/** A server with these users, all with a client; `said` is a registry's content, as command lines. */
async function scene(users: readonly (Partial<LocalUser> & { account: string; id?: number })[], said: string[][]) {
	const network = new FakeNetwork();
	network.found = known([
		listener(24_251, owner("CORP\\ana")),
		listener(24_252, owner("CORP\\ben"), { address: "10.0.0.7" }),
		listener(24_253, owner("CORP\\cleo"), { address: "::" }),
	]);
	let tables = 0;
	let connections = 0;
	const answering = network.answering.bind(network);
	network.answering = () => {
		tables += 1;
		return answering();
	};
	const local = users.map(({ id: _, ...user }) => ({ sid: null, profileFolder: "", isCurrent: false, ...user }));
	const made = makeScene((_, machine) => ({
		name: () => "server1",
		network: async () => network,
		machine: async (): Promise<Machine> => {
			const own = await machine();
			const answers: Machine["loopback"]["answers"] = async () => {
				connections += 1;
				return known(true);
			};
			return {
				...own,
				profiles: { currentUser: async () => local[0] as LocalUser, users: async () => known(local) },
				loopback: { ...own.loopback, answers },
				client: {
					...own.client,
					look: async ({ account }) => {
						const id = users.find((one) => one.account === account)?.id;
						const state = id === undefined ? nothing : { ...client(id), version: known(hostileVersion) };
						return { user: account, folder: "/home", ...state };
					},
				},
			};
		},
	}));
	onTestFinished(() => made.remove());
	for (const words of [["init", "--yes"], ...said]) expect((await made.run(words)).code, words.join(" ")).toBe(0);
	return { run: made.run, environment: made.environment, looks: () => ({ tables, connections }) };
}

const give = (user: string, id: number, ...more: string[]) => ["ids", "allocate", user, "--id", String(id), ...more];

describe("client list", () => {
	it("asks the table of listeners once, and connects to nobody", async () => {
		const { run, looks } = await scene(
			[
				{ account: "CORP\\ana", id: 1 },
				{ account: "CORP\\ben", id: 2 },
				{ account: "CORP\\cleo", id: 3 },
				{ account: "CORP\\dora", id: 4 },
			],
			[give("CORP\\ana", 1), give("CORP\\ben", 2), give("CORP\\cleo", 3), give("CORP\\dora", 4)],
		);
		const { result, warnings } = JSON.parse((await run(["client", "list", "--json"])).out);
		// Ben's listens, but not where a browser asks.
		expect(result.clients.map(({ listening }: { listening: boolean }) => listening)).toEqual([
			true,
			false,
			true,
			false,
		]);
		expect(warnings).toEqual([]);
		expect(looks()).toEqual({ tables: 1, connections: 0 });
	});

	it.each([true, false])(
		"shows a client's version as what it is, and as one row (terminal: %s)",
		async (outIsTerminal) => {
			const { run, environment } = await scene([{ account: "CORP\\ana", id: 1 }], [give("CORP\\ana", 1)]);
			const { out } = await run(["client", "list"], {
				outIsTerminal,
				columns: 200,
				variables: { ...environment, NO_COLOR: "1" },
			});
			expect(out).toContain("3.1\\u001b[2J\\u001b[H\\u000aCORP\\ben  ok  8");
			expect(out).not.toMatch(/(?!\t|\n)\p{Cc}/u);
			expect(out.split("\n").filter((line) => line.includes("CORP\\ana"))).toHaveLength(1);
			expect(out.split("\n").filter((line) => /^\W*CORP\\ben/.test(line))).toEqual([]);
		},
	);
});

describe.each([["client list"], ["web list --all-sites"]])("cfm %s", (line) => {
	const words = line === "client list" ? ["client", "list"] : ["web", "list", "--site", "https://sign.example.com"];
	const warned = async (...asked: Parameters<typeof scene>) => {
		const { run } = await scene(...asked);
		const { warnings } = JSON.parse((await run([...words, "--json"])).out) as { warnings: string[] };
		return warnings;
	};
	const site = ["sites", "add", "https://sign.example.com"];

	it("says how to decide whose an ID is when only the domain can tell", async () => {
		const users = [{ account: "CORP\\ana", id: 1 }, { account: "LAB\\ana" }];
		const warnings = await warned(users, [site, give("ana", 1)]);
		expect(warnings.join("\n")).toContain("CORP\\ana may be the same account as ana (ID 1)");
		expect(warnings.join("\n")).toContain("cfm environments set default --domain CORP");
	});

	it("says it of an account that was made anew, with both ways out", async () => {
		const users = [{ account: "CORP\\ana", id: 1, sid: "S-1-5-21-1-2-3-1002" }];
		const warnings = await warned(users, [site, give("CORP\\ana", 1, "--sid", "S-1-5-21-1-2-3-1001")]);
		expect(warnings.join("\n")).toContain("--same-person");
		expect(warnings.join("\n")).toContain("cfm ids release 1");
	});

	it("says it of profiles that nobody can name, and of some only when they are many", async () => {
		const users = Array.from({ length: 9 }, (_, at) => ({ account: `user${at}`, nameUnknown: true as const }));
		const [warning, ...others] = await warned(users, [site, give("CORP\\ana", 1)]);
		expect(warning).toMatch(/user0, user1, user2, …/);
		expect(others).toEqual([]);
	});

	it("says nothing where all is decided", async () => {
		const users = [{ account: "CORP\\ana", id: 1 }, { account: "CORP\\ben" }];
		expect(await warned(users, [site, give("CORP\\ana", 1)])).toEqual([]);
	});
});
