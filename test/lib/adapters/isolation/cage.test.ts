import { describe, expect, it } from "vitest";
import { type CageFacts, cages, megabyte } from "../../../../src/lib/adapters/isolation/cage.js";

const rights = { read: 1n << 2n, setgid: 1n << 6n, setuid: 1n << 7n, setpcap: 1n << 8n, admin: 1n << 21n };
const all = Object.values(rights).reduce((one, other) => one | other);

const linux: CageFacts = {
	platform: "linux",
	node: "/opt/node",
	script: ["/opt/cfm/bin/reader.cjs", "reader.cjs", "200"],
	uid: 0,
	capabilities: all,
	startBytes: 500 * megabyte,
	tools: { prlimit: "/usr/bin/prlimit", setpriv: "/usr/bin/setpriv", unshare: "/usr/bin/unshare" },
};
const ways = (facts: Partial<CageFacts>) => cages({ ...linux, ...facts }, { memory: 200 * megabyte });
const lacking = (facts: Partial<CageFacts>) => ways(facts).map(({ lacks }) => lacks.join("+"));

describe("the ways to start a reader", () => {
	it("are, for root, from nothing lacking to everything, one thing after the other", () => {
		expect(lacking({})).toEqual(["", "network", "rights+network", "rights+network+memory"]);
	});

	it("let root's reader read everything, and nothing else", () => {
		const words = ways({})[0]?.words.join(" ") ?? "";
		expect(ways({})[0]?.file).toBe("/usr/bin/unshare");
		for (const word of ["--reuid=65533", "--regid=65533", "--clear-groups", "--no-new-privs", "--pdeathsig=KILL"]) {
			expect(words).toContain(` ${word} `);
		}
		expect(words).toContain("--ambient-caps=-all,+dac_read_search --bounding-set=-all,+dac_read_search");
		expect(words).toContain(
			"/opt/node --max-old-space-size=200 --permission --allow-fs-read=* /opt/cfm/bin/reader.cjs",
		);
	});

	it("limit memory before Node starts, by what a Node takes that has done nothing", () => {
		for (const { words, lacks } of ways({}).filter(({ lacks }) => !lacks.includes("memory"))) {
			expect([words.join(" "), lacks]).toEqual([expect.stringContaining(`--data=${700 * megabyte} `), lacks]);
		}
	});

	it.each([
		["a right is missing", { capabilities: all & ~rights.setuid }, ["rights+network", "rights+network+memory"]],
		[
			"namespaces need a right that is missing",
			{ capabilities: all & ~rights.admin },
			["network", "rights+network", "rights+network+memory"],
		],
		[
			"unshare is missing",
			{ tools: { prlimit: "/p", setpriv: "/s" } },
			["network", "rights+network", "rights+network+memory"],
		],
		["setpriv is missing", { tools: { prlimit: "/p", unshare: "/u" } }, ["rights+network+memory"]],
		["nothing says what a Node takes", { startBytes: 0 }, ["rights+network+memory"]],
	])("are fewer when %s", (_, facts, expected) => {
		expect(lacking(facts)).toEqual(expected);
	});

	it("give an ordinary user's reader what that user has, so that only limits can lack", () => {
		expect(lacking({ uid: 1000, capabilities: 0n })).toEqual(["", "memory"]);
	});

	it("leave to the reader on Windows what it gives up, and end with one that gives up nothing", () => {
		const [first, last, ...more] = ways({ platform: "win32", tools: {}, startBytes: 0 });
		expect(first).toMatchObject({ file: "/opt/node", lacks: [] });
		expect(first?.words.at(-1)).toBe("lower");
		expect(first?.words).toContain("--allow-addons");
		expect(last).toMatchObject({ lacks: ["rights", "network", "memory"] });
		expect(more).toEqual([]);
	});

	it("need no signal from a terminal where the kernel ends the reader with this process", () => {
		expect(ways({}).map(({ apart }) => apart)).toEqual([true, true, true, false]);
	});
});
