import { describe, expect, it } from "vitest";
import { known, unknown } from "../../../src/lib/known.js";
import { noOwner } from "../../../src/lib/port/network.js";
import { applyBlock, planBlock, withoutReserved } from "../../../src/lib/port/reserve-block.js";
import { anEnvironment } from "../../contract/store.js";
import fc from "../../property.js";
import { failure } from "../failure.js";
import { connection, FakeNetwork, listener, owner } from "./fake-network.js";

const environment = anEnvironment({ firstId: 1, lastId: 500, portBase: 24_250, portStride: 1 });
const add = (first: number, count: number) =>
	`netsh int ipv4 add excludedportrange protocol=tcp startport=${first} numberofports=${count} store=persistent`;

async function steps(prepare: (network: FakeNetwork) => void = () => {}) {
	const network = new FakeNetwork();
	prepare(network);
	const plan = await planBlock(environment, network);
	return plan.steps.map(({ command }) => command);
}

describe("the plan", () => {
	it("sets the whole block apart", async () => {
		expect(await steps()).toEqual([add(24_251, 500)]);
	});

	it("stops winnat first, and starts it last, when Windows holds a part of the block", async () => {
		const held = { first: 24_700, last: 24_799, administered: false };
		expect(
			await steps((one) => {
				one.ranges = known([held]);
			}),
		).toEqual(["net stop winnat", add(24_251, 500), "net start winnat"]);
		const beside = { first: 24_751, last: 24_800, administered: false };
		expect(
			await steps((one) => {
				one.ranges = known([beside]);
			}),
		).toEqual([add(24_251, 500)]);
	});

	it("stops winnat also when what Windows holds can't be determined", async () => {
		const network = new FakeNetwork();
		network.ranges = unknown("netsh printed no table");
		const plan = await planBlock(environment, network);
		expect(plan.steps.map(({ command }) => command)).toEqual(["net stop winnat", add(24_251, 500), "net start winnat"]);
		expect(plan.remarks).toHaveLength(1);
	});

	it("leaves what is set apart already", async () => {
		const ranges = [
			{ first: 24_300, last: 24_399, administered: true },
			{ first: 24_750, last: 30_000, administered: true },
		];
		expect(
			await steps((one) => {
				one.ranges = known(ranges);
			}),
		).toEqual([add(24_251, 49), add(24_400, 350)]);
	});

	it("splits around single ports that a service keeps, without stopping winnat, and names them", async () => {
		const network = new FakeNetwork();
		// As published from servers: http.sys and docker keep single ports, unstarred.
		network.ranges = known(
			[24_300, 24_301, 24_750, 5357].map((port) => ({ first: port, last: port, administered: false })),
		);
		const plan = await planBlock(environment, network);
		expect(plan.steps.map(({ command }) => command)).toEqual([add(24_251, 49), add(24_302, 448)]);
		expect(plan.remarks).toEqual([expect.stringMatching(/24300, 24301, 24750\./)]);
	});

	it("stops winnat for its ranges beside single ports, and leaves these out all the same", async () => {
		expect(
			await steps((one) => {
				one.ranges = known([
					{ first: 24_266, last: 24_365, administered: false },
					{ first: 24_400, last: 24_400, administered: false },
				]);
			}),
		).toEqual(["net stop winnat", add(24_251, 149), add(24_401, 350), "net start winnat"]);
	});

	it("is empty when all is set apart", async () => {
		expect(
			await steps((one) => {
				one.ranges = known([{ first: 1, last: 65_535, administered: true }]);
			}),
		).toEqual([]);
	});

	it("leaves open exactly what nobody has set apart", () => {
		const range = fc
			.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 20 }), fc.boolean())
			.map(([first, more, administered]) => ({ first, last: first + more, administered }));
		fc.assert(
			fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
				const open = withoutReserved({ first: 10, last: 50 }, ranges);
				for (let port = 10; port <= 50; port++) {
					const isOpen = open.filter(({ first, last }) => first <= port && port <= last).length;
					const isTaken = ranges.some(
						(one) => (one.administered || one.first === one.last) && one.first <= port && port <= one.last,
					);
					expect(isOpen, String(port)).toBe(isTaken ? 0 : 1);
				}
				expect(open.every(({ first, last }) => first >= 10 && last <= 50 && first <= last)).toBe(true);
			}),
		);
	});
});

describe("applied", () => {
	const apply = async (network: FakeNetwork) => applyBlock(await planBlock(environment, network), network);

	it("runs every step in its order, and the second time there is nothing to do", async () => {
		const network = new FakeNetwork();
		network.ranges = known([{ first: 24_700, last: 24_799, administered: false }]);
		await apply(network);
		expect(network.done).toEqual(["net stop winnat", add(24_251, 500), "net start winnat"]);
		expect((await planBlock(environment, network)).steps).toEqual([]);
	});

	it("goes on without winnat, which not every machine has", async () => {
		const network = new FakeNetwork();
		network.ranges = known([{ first: 24_700, last: 24_799, administered: false }]);
		network.failing = ["net "];
		await apply(network);
		expect(network.done).toHaveLength(3);
	});

	it("is refused while a port of the block is in use, before anything is stopped", async () => {
		const network = new FakeNetwork();
		network.found = known([listener(24_257, owner("CORP\\ana")), listener(443, owner("root"))]);
		expect(await failure(() => apply(network))).toMatchObject({
			code: "block-in-use",
			data: { ports: [24_257], total: 1 },
		});
		expect(network.done).toEqual([]);
	});

	it("counts every socket, not only listeners, and names whose they are", async () => {
		const network = new FakeNetwork();
		network.found = known([listener(24_257, owner("CORP\\ana"))]);
		network.others = [
			connection(24_300, owner("CORP\\ben", { process: "outlook.exe", pid: 812 })),
			connection(24_301, noOwner, { state: "closing" }),
			connection(60_000, owner("CORP\\ben")),
		];
		const error = await failure(() => apply(network));
		expect(error).toMatchObject({ code: "block-in-use", data: { ports: [24_257, 24_300, 24_301], total: 3 } });
		expect(error.message).toContain("24300: outlook.exe (PID 812, CORP\\ben)");
		expect(network.done).toEqual([]);
	});

	it("splits around what refuses without being listed, reserves the rest, and names it", async () => {
		const network = new FakeNetwork();
		// As WSL in mirrored mode keeps ports: in no list, and each bind fails.
		for (let port = 24_400; port <= 24_450; port++) network.binds[port] = known("excluded");
		network.binds[24_600] = known("in-use");
		network.refusing = [24_400, 24_450, 24_600];
		const error = await failure(() => apply(network));
		expect(network.done).toEqual([add(24_251, 500), add(24_251, 149), add(24_451, 149), add(24_601, 150)]);
		expect(error).toMatchObject({
			code: "block-not-reserved",
			data: {
				failed: [],
				left: [
					{ first: 24_400, last: 24_450 },
					{ first: 24_600, last: 24_600 },
				],
			},
		});
		expect(error.message).toMatch(/24400-24450: .*24600: /);
	});

	it("starts winnat again although setting apart failed, and says what Windows said", async () => {
		const network = new FakeNetwork();
		network.ranges = known([{ first: 24_700, last: 24_799, administered: false }]);
		network.failing = ["netsh"];
		const error = await failure(() => apply(network));
		expect(error).toMatchObject({ kind: "unavailable", code: "block-not-reserved" });
		expect(error.message).toContain("Access is denied.");
		expect(network.done.at(-1)).toBe("net start winnat");
	});

	it("does not believe a netsh that says yes and does nothing", async () => {
		const network = new FakeNetwork();
		network.isStub = true;
		expect(await failure(() => apply(network))).toMatchObject({ code: "block-not-reserved" });
	});
});
