import { afterAll, beforeAll } from "vitest";
import { registryContract } from "../../contract/registry.js";
import { type Pooler, startPooler } from "./pooler.js";
import { owner, Server } from "./server.js";
import { postgresStore } from "./store.js";

let server: Server;
let pooler: Pooler;
beforeAll(async () => {
	server = await Server.started();
	pooler = await startPooler(server.reach, [owner]);
});
afterAll(async () => {
	await pooler.remove();
	await server.remove();
});

registryContract("PostgreSQL, through PgBouncer", (kinds) => postgresStore(server.reach, kinds, pooler.port));
