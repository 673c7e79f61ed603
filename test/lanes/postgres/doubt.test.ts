import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { allocateIds } from "../../../src/lib/id/allocate.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import { anAttribution, anEnvironment, collect, environmentChange, make } from "../../contract/store.js";
import { failure } from "../../lib/failure.js";
import { makeDatabase, owner, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

/** What a wire does with the next COMMIT that a client sends; then it is whole again. */
type Fault = "loses the answer" | "loses the question" | undefined;

/** A wire to the server that can be cut where it hurts most. */
class Wire {
	fault: Fault;
	cuts = 0;
	/** Once its fault has come, nobody gets through any more. */
	isCut = false;
	private constructor(private readonly relay: NetServer) {}

	static async to(port: number): Promise<Wire> {
		const relay = createServer();
		const wire = new Wire(relay);
		relay.on("connection", (client: Socket) => {
			if (wire.isCut && wire.fault === undefined) client.destroy();
			else wire.join(client, connect(port, "127.0.0.1"));
		});
		relay.listen(0, "127.0.0.1");
		await once(relay, "listening");
		return wire;
	}

	get port(): number {
		return (this.relay.address() as AddressInfo).port;
	}

	private join(client: Socket, server: Socket): void {
		let isDeaf = false;
		for (const socket of [client, server]) socket.on("error", () => {});
		client.on("data", (bytes: Buffer) => {
			const isChange = ["cfm.apply_changes", "cfm.give_newcomer"].some((call) => bytes.includes(call));
			const isCommit = isChange && bytes.includes("COMMIT\0");
			if (this.fault === undefined || !isCommit) {
				server.write(bytes);
				return;
			}
			const lost = this.fault;
			this.fault = undefined;
			this.cuts += 1;
			if (lost === "loses the question") {
				server.destroy();
				client.destroy();
				return;
			}
			// The server has all of it, and its answer goes nowhere.
			isDeaf = true;
			server.write(bytes);
			server.once("data", () => client.destroy());
		});
		server.on("data", (bytes: Buffer) => {
			if (!isDeaf) client.write(bytes);
		});
		client.on("close", () => server.end());
		server.on("close", () => client.destroy());
	}

	close(): void {
		this.relay.close();
	}
}

let server: Server;
let wire: Wire;
let database: string;
let registry: Registry;

beforeAll(async () => {
	server = await Server.started();
	wire = await Wire.to(server.reach.port);
	database = makeDatabase(server.reach);
	await createPostgresRegistry(locationOf(server.reach, database), secrets, recordKinds);
	registry = await open(`postgres://${owner.name}@127.0.0.1:${wire.port}/${database}?sslmode=disable`, {
		readonly: false,
		secrets,
	});
	await make(registry, [environmentChange(null, anEnvironment({ lastId: 1000 }))]);
});
afterAll(async () => {
	await registry.close();
	wire.close();
	await server.remove();
});
beforeEach(() => {
	wire.cuts = 0;
});

type Own = Parameters<typeof anAttribution>[0];

async function given(user: string, own: Own, on: Registry) {
	const operation = allocateIds({ environment: "default", applicants: [{ account: parseAccount(user) }] });
	const answer = await carryOut(operation, { registry: on, attribution: anAttribution(own), asker: {} as never });
	return answer.allocations;
}

async function allocate(user: string, own: Own = {}, on = registry): Promise<number> {
	const [one] = await given(user, own, on);
	expect(one?.created).toBe(true);
	return one?.id ?? 0;
}

it.each<[Fault]>([["loses the answer"], ["loses the question"]])(
	"a wire that %s to a commit: the ID is given once, and told right",
	async (fault) => {
		const given = new Map<string, number>();
		for (let at = 0; at < 12; at += 1) {
			const user = `CORP\\${fault?.split(" ").at(-1)}${at}`;
			wire.fault = fault;
			const requestKey = `${user}-key`;
			given.set(user, await allocate(user, at % 2 === 0 ? {} : { requestKey, repeatable: true, fingerprint: user }));
		}
		expect(wire.cuts).toBe(12);
		expect(new Set(given.values()).size).toBe(12);
		const rows = await registry.read((view) => collect(view.allocations({})));
		for (const [user, id] of given) expect(rows.filter((row) => row.user === user).map((row) => row.id)).toEqual([id]);
		expect(await registry.read((view) => view.countEvents({ actions: ["allocate"] }))).toBe(rows.length);
		expect((await registry.check(recordKinds)).problems).toEqual([]);
	},
);

it("an answer that was kept is the answer, when its request comes again after a loss", async () => {
	const request = { requestKey: "ticket-9", repeatable: true, fingerprint: "zoe" };
	wire.fault = "loses the answer";
	const id = await allocate("CORP\\zoe", request);
	expect(await allocate("CORP\\zoe", request)).toBe(id);
});

it("a server that is stopped and started again is waited for", async () => {
	await server.stop("immediate");
	const change = allocate("CORP\\late");
	await server.start();
	expect(await change).toBeGreaterThan(0);
});

it("a server that does not come back within a command's patience: nobody says whether it was done", {
	timeout: 90_000,
}, async () => {
	// Both at once: each waits for the whole patience.
	await Promise.all(
		[false, true].map(async (repeatable) => {
			const cut = await Wire.to(server.reach.port);
			const through = await open(`postgres://${owner.name}@127.0.0.1:${cut.port}/${database}?sslmode=disable`, {
				readonly: false,
				secrets,
			});
			const user = `CORP\\gone${repeatable}`;
			const request = { requestKey: `${user}-key`, repeatable, fingerprint: user };
			cut.isCut = true;
			cut.fault = "loses the answer";
			const told = await failure(() => allocate(user, request, through));
			cut.isCut = false;
			const { requestKey } = request;
			expect(told).toMatchObject({ kind: "unavailable", code: "change-in-doubt", data: { requestKey } });
			const hint = told.hints[0] as { line: object };
			expect(hint.line).toMatchObject(
				repeatable ? { again: { "request-id": requestKey } } : { command: "ids history" },
			);
			// It was done, and whoever asks again gets the same ID.
			const [row] = (await registry.read((view) => collect(view.allocations({})))).filter((one) => one.user === user);
			const again = await given(user, repeatable ? request : {}, through);
			expect(again).toMatchObject([{ id: row?.id }]);
			await through.close();
			cut.close();
		}),
	);
});
