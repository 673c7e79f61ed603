import { describe, expect, it } from "vitest";
import { requireEnvironment } from "../../../src/lib/environment/environment.js";
import { known, unknown } from "../../../src/lib/known.js";
import {
	checkPort,
	findTarget,
	lookAtNetwork,
	notUsable,
	obstaclesBy,
	type PortCheck,
} from "../../../src/lib/port/check.js";
import { noOwner } from "../../../src/lib/port/network.js";
import { profile } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { Stage } from "../registry/stage.js";
import { connection, FakeNetwork, listener, nobodyKnown, owner } from "./fake-network.js";

const httpSys = owner("NT AUTHORITY\\SYSTEM", { process: "System", pid: 4, sid: "S-1-5-18", session: 0, kernel: true });
const ids = { 1: "CORP\\ana", 2: "CORP\\ben", 3: "(reserved)" };

async function target(word: string, own = {}) {
	const stage = await Stage.set(own, ids);
	const network = new FakeNetwork();
	const seen = await lookAtNetwork(network);
	return stage.plan(async (view) =>
		findTarget(
			view,
			await requireEnvironment(view, "default"),
			word,
			seen,
			obstaclesBy(seen, network, profile.commonPort),
		),
	);
}

async function check(word: string, prepare: (network: FakeNetwork) => void = () => {}, own = {}) {
	const stage = await Stage.set(own, ids);
	const network = new FakeNetwork();
	prepare(network);
	const seen = await lookAtNetwork(network);
	return stage.plan(async (view) => {
		const environment = await requireEnvironment(view, "name" in own ? String(own.name) : "default");
		const target = await findTarget(view, environment, word, seen, obstaclesBy(seen, network, profile.commonPort));
		return checkPort(target, seen, network, profile);
	});
}

const told = ({ check }: { check: PortCheck }) => [
	check.usable,
	check.reasons.map(({ code, blocking }) => `${code}${blocking ? "!" : ""}`).join(" "),
];

describe("what is asked", () => {
	it.each([
		["an ID", "1", { port: 24_251, id: 1, expectedUser: "CORP\\ana" }],
		["an ID that nobody has", "9", { port: 24_259, id: 9, expectedUser: null }],
		["an ID that is kept free", "3", { port: 24_253, id: 3, expectedUser: null }],
		["a number beyond the IDs, a port", "24252", { port: 24_252, id: 2, expectedUser: "CORP\\ben" }],
		["a port of no ID", "443", { port: 443, id: null, expectedUser: null }],
		["a port for certain", ":5", { port: 5, id: null, expectedUser: null }],
		["the last port", "65535", { port: 65_535, id: null, expectedUser: null }],
		["a user", "corp\\BEN", { port: 24_252, id: 2, expectedUser: "CORP\\ben" }],
		["a bare name", "ana", { port: 24_251, id: 1, expectedUser: "CORP\\ana" }],
	])("is %s", async (_, word, asked) => {
		expect(await target(word)).toMatchObject({ environment: "default", ...asked, nextId: 4 });
	});

	it.each([
		["65536", "bad-port"],
		["0", "bad-port"],
		[":0", "bad-port"],
		[":http", "bad-port"],
		["-3", "bad-id"],
		["CORP\\nobody", "no-allocation"],
	])("is not %j", async (word, code) => {
		expect(await failure(() => target(word))).toMatchObject({ code });
	});
});

describe("a port", () => {
	it.each<[string, (network: FakeNetwork) => void, unknown[]]>([
		["that nothing is known against", () => {}, [true, ""]],
		[
			"on which its own user's client listens",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ana"))]);
			},
			[true, "own-client"],
		],
		[
			"on which another user's client listens",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ben"))]);
			},
			[false, "other-client!"],
		],
		[
			"on which another program listens",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ben", { process: "httpd.exe" }), { address: "0.0.0.0" })]);
			},
			[false, "in-use!"],
		],
		[
			"on which nobody knows who listens",
			(one) => {
				one.found = known([listener(24_251, nobodyKnown)]);
			},
			[false, "owner-unknown!"],
		],
		[
			"on which only IPv6 is listened to",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ben"), { address: "::1" })]);
				one.binds[24_251] = known("free");
			},
			[false, "ipv6-only!"],
		],
		[
			"that another user's client holds on IPv6 and IPv4 at once",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ben"), { address: "::" })]);
				one.binds[24_251] = known("in-use");
			},
			[false, "other-client!"],
		],
		[
			"that its own user's client holds on IPv6 and IPv4 at once, as Java does",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ana"), { address: "::" })]);
				one.binds[24_251] = known("in-use");
			},
			[true, "own-client beyond-loopback"],
		],
		[
			"on which its own user's client listens for other machines too",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ana"), { address: "0.0.0.0" })]);
			},
			[true, "own-client beyond-loopback"],
		],
		[
			"on which the system itself listens, with its account told",
			(one) => {
				one.found = known([listener(24_251, httpSys)]);
			},
			[false, "in-use!"],
		],
		[
			"on which the system itself listens, with no account told",
			(one) => {
				one.found = known([listener(24_251, { ...httpSys, user: null })]);
			},
			[false, "in-use!"],
		],
		[
			"that a program holds for a connection",
			(one) => {
				one.others = [connection(24_251, owner("CORP\\ben", { process: "outlook.exe" }))];
			},
			[false, "bind-refused!"],
		],
		[
			"that its own user's client holds on every IPv6 address alone",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ana"), { address: "::" })]);
				one.binds[24_251] = known("free");
			},
			[false, "ipv6-only!"],
		],
		[
			"on which its own user's client listens, on either loopback",
			(one) => {
				const ana = owner("CORP\\ana");
				one.found = known([listener(24_251, ana, { address: "::1" }), listener(24_251, ana)]);
			},
			[true, "own-client own-client"],
		],
		[
			"on which somebody else listens on IPv6, beside its own user's client",
			(one) => {
				one.found = known([
					listener(24_251, owner("CORP\\ana")),
					listener(24_251, owner("CORP\\ben"), { address: "::1" }),
				]);
			},
			[false, "own-client other-client!"],
		],
		[
			"on whose IPv6 loopback one listens, and whose IPv4 one another holds without listening",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ana"), { address: "::1" })]);
				one.binds[24_251] = known("in-use");
			},
			[false, "ipv6-only! bind-refused!"],
		],
		[
			"on which another user's client listens, on another address of the loopback",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ben"), { address: "127.0.0.2" })]);
				one.binds[24_251] = known("free");
			},
			[false, "other-client!"],
		],
		[
			"of which only another address of the loopback is listened on, and the right one is held",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ana"), { address: "::ffff:127.0.0.2" })]);
				one.binds[24_251] = known("in-use");
			},
			[false, "own-client bind-refused!"],
		],
		[
			"on which an IPv4 address in IPv6's clothes listens",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ana"), { address: "::ffff:127.0.0.1" })]);
			},
			[true, "own-client"],
		],
		[
			"of another address of the machine",
			(one) => {
				one.found = known([listener(24_251, owner("CORP\\ben"), { address: "10.0.0.7" })]);
				one.binds[24_251] = known("free");
			},
			[true, "other-address"],
		],
		[
			"in a range that Windows keeps",
			(one) => {
				one.ranges = known([{ first: 24_200, last: 24_299, administered: false }]);
			},
			[false, "excluded!"],
		],
		[
			"in a range that was set apart",
			(one) => {
				one.ranges = known([{ first: 24_251, last: 24_260, administered: true }]);
				one.outgoing = known({ first: 1024, last: 65_535 });
			},
			[true, "set-apart"],
		],
		[
			"in the dynamic range",
			(one) => {
				one.outgoing = known({ first: 24_251, last: 30_000 });
			},
			[true, "dynamic-range"],
		],
		[
			"just below the dynamic range",
			(one) => {
				one.outgoing = known({ first: 24_252, last: 30_000 });
			},
			[true, ""],
		],
		[
			"that is bound and not listened on",
			(one) => {
				one.binds[24_251] = known("in-use");
			},
			[false, "bind-refused!"],
		],
		[
			"that the system refuses",
			(one) => {
				one.binds[24_251] = known("excluded");
			},
			[false, "bind-refused!"],
		],
		[
			"that could not be tried",
			(one) => {
				one.binds[24_251] = unknown("no sockets");
			},
			[false, "not-tried!"],
		],
	])("%s", async (_, prepare, answer) => {
		const checked = await check("1", prepare);
		expect(told(checked)).toEqual(answer);
		expect(checked.check.total).toBe(checked.check.reasons.length);
		expect(checked.remarks).toEqual([]);
		const error = notUsable(checked.check);
		expect(error?.kind).toBe(answer[0] ? undefined : "conflict");
		if (error !== undefined) await expectRunnable(error);
	});

	it("of the regular edition is nobody's, though it is free", async () => {
		expect(told(await check("24250"))).toEqual([false, "common-port!"]);
	});

	it("is usable by a proof only: what can't be determined is said, and a bind decides", async () => {
		const blind = (network: FakeNetwork) => {
			network.found = unknown("no table");
			network.ranges = unknown("netsh printed no table");
			network.outgoing = unknown("netsh printed no range");
		};
		const checked = await check("1", blind);
		expect(told(checked)).toEqual([true, ""]);
		expect(checked.remarks).toHaveLength(3);
		const held = await check("1", (network) => {
			blind(network);
			network.binds[24_251] = known("in-use");
		});
		expect(told(held)).toEqual([false, "bind-refused!"]);
	});

	it("in a range has the commands that help: the block set apart, or another ID", async () => {
		const { check: excluded } = await check("1", (network) => {
			network.ranges = known([{ first: 24_200, last: 24_299, administered: false }]);
		});
		const error = notUsable(excluded);
		expect(said(error)).toEqual(["cfm ports list --port 24251", "cfm ports reserve-block"]);
		expect(excluded.reasons).toMatchObject([{ first: 24_200, last: 24_299 }]);
	});

	it("has another ID for its user: the lowest free one that could be moved to, on the same look", async () => {
		const { check: held } = await check(
			"1",
			(network) => {
				const others = [24_251, 24_254].map((port) => listener(port, owner("CORP\\ben")));
				network.found = known([...others, listener(24_256, owner("CORP\\ana"))]);
				network.ranges = known([{ first: 24_255, last: 24_255, administered: false }]);
			},
			{ firstId: 0 },
		);
		expect(held.nextId).toBe(6);
		expect(said(notUsable(held))).toEqual(["cfm ports list --port 24251", "cfm ids move 'CORP\\ana' --id 6"]);
	});

	it("has no other ID to hint when no port is left", async () => {
		const { check: held } = await check("1", (network) => {
			network.found = known([listener(24_251, owner("CORP\\ben"))]);
			network.ranges = known([{ first: 24_252, last: 24_300, administered: false }]);
		});
		expect(held.nextId).toBeNull();
		expect(said(notUsable(held)).join()).not.toContain("ids move");
	});

	it("that the system itself listens on has the way to the service behind it, and another ID", async () => {
		const { check: held } = await check("1", (network) => {
			network.found = known([listener(24_251, httpSys, { address: "::" })]);
			network.binds[24_251] = known("in-use");
		});
		expect(held.reasons).toMatchObject([{ code: "in-use", kernel: true, pid: 4 }]);
		const hints = said(notUsable(held));
		expect(hints.join()).toContain("netsh http show servicestate");
		expect(hints.at(-1)).toBe("cfm ids move 'CORP\\ana' --id 4");
	});

	it.each([
		[
			"an open connection",
			connection(24_251, owner("CORP\\ben", { process: "outlook.exe" })),
			"connected",
			/outlook.*192/,
		],
		["one that has ended", connection(24_251, noOwner, { state: "closing" }), "closing", /has ended/],
	])(
		"that %s holds says so, and is to be waited for: no other ID, and nobody's reservation",
		async (_, socket, use, text) => {
			for (const word of ["1", "9"]) {
				const { check: held } = await check(word, (network) => {
					network.others = [socket, connection(24_259, noOwner, { state: "closing" })];
				});
				const [reason] = held.reasons;
				if (word === "1")
					expect(reason).toMatchObject({ code: "bind-refused", held: true, use, remote: "192.0.2.7:443" });
				if (word === "1") expect(reason?.message).toMatch(text);
				const hints = said(notUsable(held));
				expect(hints[0]).toMatch(/^Wait.* cfm ports check :242/);
				expect(hints.join()).not.toMatch(/ids (move|reserve)/);
			}
		},
	);

	it("that something holds which no table shows is left, for an ID whose port can be bound", async () => {
		const { check: held } = await check("1", (network) => {
			// As WSL takes them: nothing is listed, and a bind fails in either way.
			for (const port of [24_251, 24_254, 24_256]) network.binds[port] = known("in-use");
			network.binds[24_255] = known("excluded");
			network.others = [connection(24_257, owner("CORP\\ben"))];
		});
		expect(held.nextId).toBe(8);
		expect(said(notUsable(held)).at(-1)).toBe("cfm ids move 'CORP\\ana' --id 8");
	});

	it("of another environment has hints that name it", async () => {
		const kept = (network: FakeNetwork) => {
			network.ranges = known([{ first: 24_251, last: 24_251, administered: false }]);
		};
		const { check: excluded } = await check("1", kept, { name: "Farm" });
		const error = notUsable(excluded);
		expect(said(error)).toEqual([
			"cfm ports list --port 24251 --environment Farm",
			"cfm ports reserve-block --environment Farm",
			"cfm ids move 'CORP\\ana' --id 4 --environment Farm",
		]);
		if (error !== undefined) await expectRunnable(error);
	});
});
