import { afterAll, beforeAll } from "vitest";
import { registryContract } from "../../contract/registry.js";
import { Server } from "./server.js";
import { postgresStore } from "./store.js";

let server: Server;
beforeAll(async () => {
	server = await Server.started();
});
afterAll(() => server.remove());

registryContract("PostgreSQL", (kinds) => postgresStore(server.reach, kinds));
