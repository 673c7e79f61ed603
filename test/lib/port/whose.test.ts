import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { requireEnvironment } from "../../../src/lib/environment/environment.js";
import { known } from "../../../src/lib/known.js";
import { checkPort, findTarget, lookAtNetwork, obstaclesBy } from "../../../src/lib/port/check.js";
import { isConflict, listPorts } from "../../../src/lib/port/list.js";
import type { Listener } from "../../../src/lib/port/network.js";
import { lookAtPorts } from "../../../src/lib/port/obstacles.js";
import { reachOf } from "../../../src/lib/port/whose.js";
import { profile } from "../client/fake-machine.js";
import { Stage } from "../registry/stage.js";
import { FakeNetwork, listener, nobodyKnown, owner } from "./fake-network.js";

/** What the three commands that look at Ana's port say of one listener there. */
async function said(one: Listener): Promise<[list: string | null, check: string | undefined, give: string]> {
	const stage = await Stage.set({}, { 1: "CORP\\ana" });
	const network = new FakeNetwork();
	network.found = known([one]);
	return stage.plan(async (view) => {
		const environment = await requireEnvironment(view, "default");
		const [row] = await listPorts(view, environment, { machine: "TS01" }, [one]);
		const seen = await lookAtNetwork(network);
		const target = await findTarget(view, environment, "1", seen, obstaclesBy(seen, network, profile.commonPort));
		const { check } = await checkPort(target, seen, network, profile);
		const obstacle = (await lookAtPorts(profile.commonPort, network, () => {})).asking;
		const found = await obstacle(environment, 1, parseAccount("CORP\\ana"));
		if (row !== undefined) expect(isConflict(row)).toBe(row.verdict === "wrong-user");
		expect(check.usable).toBe(row?.verdict === "ok");
		return [row?.verdict ?? null, check.reasons[0]?.code, found?.code ?? "given"];
	});
}

const ana = owner("CORP\\ana");
const ben = owner("CORP\\ben");
const root = owner("root", { process: "inetd" });

describe("list, check and allocate agree on whose a listener is:", () => {
	it.each<[string, Listener, string[]]>([
		["the user's own", listener(24_251, ana), ["ok", "own-client", "given"]],
		["somebody else's", listener(24_251, ben), ["wrong-user", "other-client", "port-in-use"]],
		["nobody's who could be told", listener(24_251, nobodyKnown), ["unknown-owner", "owner-unknown", "port-in-use"]],
		[
			"a service's, that handed it to the user's program",
			listener(24_251, root, { sharedWith: [ana] }),
			["ok", "own-client", "given"],
		],
		[
			"a service's, that handed it to somebody else's program",
			listener(24_251, root, { sharedWith: [ben] }),
			["wrong-user", "in-use", "port-in-use"],
		],
		[
			"a service's, that handed it to nobody knows whom",
			listener(24_251, root, { sharedWith: [nobodyKnown] }),
			["unknown-owner", "owner-unknown", "port-in-use"],
		],
		["the user's own on every address", listener(24_251, ana, { address: "::" }), ["ok", "own-client", "given"]],
		[
			"somebody else's on another address of the loopback",
			listener(24_251, ben, { address: "127.0.0.2" }),
			["wrong-user", "other-client", "port-in-use"],
		],
	])("%s", async (_, one, answer) => expect(await said(one)).toEqual(answer));
});

it.each([
	["127.0.0.1", "answers"],
	["0.0.0.0", "answers"],
	["::ffff:127.0.0.1", "answers"],
	["::ffff:0.0.0.0", "answers"],
	["127.0.0.2", "loopback"],
	["127.255.255.254", "loopback"],
	["::ffff:127.1.2.3", "loopback"],
	["::", "ipv6"],
	["::1", "ipv6"],
	["::7f00:1", "other"],
	["10.127.0.1", "other"],
	["1270::1", "other"],
	["fe80::1", "other"],
])("%s is %s", (address, reach) => expect(reachOf(address)).toBe(reach));
