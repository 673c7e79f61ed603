import { describe, expect, it } from "vitest";
import { line } from "../../../src/lib/command-line.js";
import { CfmError } from "../../../src/lib/errors.js";
import { known, unknown } from "../../../src/lib/known.js";
import { lookAtMe, type Me, verdictText } from "../../../src/lib/user/me.js";
import { client, nothing } from "../client/fake-machine.js";
import { expectRunnable } from "../hints.js";
import { listener, nobodyKnown, owner } from "../port/fake-network.js";
import { Ward } from "./ward.js";

const mine = owner("CORP\\ana", { sid: "S-1-5-21-1" });

async function ward(): Promise<Ward> {
	const ward = await Ward.open();
	ward.net.found = known([listener(24_257, mine)]);
	return ward;
}

const closed = async (): Promise<never> => {
	throw new CfmError("denied", "registry-not-readable", "You may not read the registry.");
};

function look(ward: Ward, registry: Ward["open"] = ward.open): Promise<Me> {
	const { here, net, browsers, environment } = ward;
	return lookAtMe({
		machine: here,
		network: async () => net,
		browsers,
		profile: ward.profile(),
		environment,
		registry,
	});
}

describe("who I am", () => {
	it("is told with the registered ID where the registry can be read", async () => {
		const me = await look(await ward());
		expect(me).toMatchObject({
			...{ user: "CORP\\ana", verdict: "ok", allocatedId: 7, portRule: "environment", unknown: [], next: [] },
			client: { clientId: 7, port: 24_257, listening: true },
			answeredBy: { user: "CORP\\ana", mine: true },
			webIds: [{ webId: "7", expectedId: 7, verdict: "ok" }],
		});
	});

	it("asks an administrator for no ID that the registry tells", async () => {
		const here = await ward();
		for (const state of [nothing, client(7, { clientId: known(null) })]) {
			Object.assign(here.here, { state });
			expect(verdictText(await look(here))).toMatch(/is 7\.$/);
			expect(verdictText(await look(here, closed))).toMatch(/Ask an administrator for .+\.$/);
		}
	});

	it("is told without one, and why the registered ID is unknown", async () => {
		const me = await look(await ward(), closed);
		expect(me).toMatchObject({
			verdict: "ok",
			allocatedId: null,
			portRule: "usual",
			client: { clientId: 7, port: 24_257 },
		});
		expect(me.unknown).toEqual([{ part: "registry", why: "You may not read the registry." }]);
	});

	it.each<[string, Me["verdict"], (ward: Ward) => void]>([
		["there is no client", "no-client", ({ here }) => Object.assign(here, { state: nothing })],
		[
			"the client has no ID",
			"no-id",
			({ here }) => Object.assign(here, { state: client(7, { clientId: known(null) }) }),
		],
		["the client has another ID", "wrong-id", ({ here }) => Object.assign(here, { state: client(9) })],
		[
			"somebody else answers",
			"port-held",
			({ net }) => Object.assign(net, { found: known([listener(24_257, owner("CORP\\ben"))]) }),
		],
		["a browser has another web ID", "web-ids-differ", (ward) => ward.webId("9")],
		[
			"nobody can tell the client's ID",
			"unknown",
			({ here }) => Object.assign(here, { state: client(7, { clientId: unknown("?") }) }),
		],
	])("says so when %s", async (_, verdict, arrange) => {
		const my = await ward();
		arrange(my);
		const me = await look(my);
		expect(me.verdict).toBe(verdict);
		expect(verdictText(me)).toMatch(/\.$/);
		await expectRunnable({ hints: me.next });
	});

	it("sends whoever has an administrator's rights to no administrator", async () => {
		for (const state of [nothing, client(7, { clientId: known(null) })]) {
			const my = await ward();
			Object.assign(my.here, { state, elevated: known(true) });
			const me = await look(my, closed);
			expect(verdictText(me)).not.toMatch(/administrator/);
			await expectRunnable({ hints: me.next });
		}
	});

	it("sends whoever may create the registry there first", async () => {
		const my = await ward();
		Object.assign(my.here, { state: nothing, elevated: known(true) });
		const me = await look(my, async () => {
			throw new CfmError("not-found", "no-registry", "There is no registry.", { hints: [line("init")] });
		});
		expect(me.next).toEqual([line("init")]);
	});

	it("says that nothing answers, where nothing does", async () => {
		const my = await ward();
		my.net.found = known([]);
		my.here.state = client(7, { running: known(false) });
		expect(await look(my)).toMatchObject({ verdict: "not-answering", answeredBy: null });
	});

	it("does not take a process that nobody may look at for somebody else's", async () => {
		const my = await ward();
		my.net.found = known([listener(24_257, nobodyKnown)]);
		expect(await look(my)).toMatchObject({ verdict: "ok", answeredBy: { mine: null } });
	});
});
