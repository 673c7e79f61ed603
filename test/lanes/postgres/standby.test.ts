import { afterAll, beforeAll, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { allocateIds } from "../../../src/lib/id/allocate.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { anAllocation, anAttribution, anEnvironment, environmentChange, idChange, make } from "../../contract/store.js";
import { failure } from "../../lib/failure.js";
import { until } from "../../until.js";
import { makeDatabase, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

let primary: Server;
let standby: Server;
let database: string;
beforeAll(async () => {
	primary = await Server.started();
	database = makeDatabase(primary.reach);
	await createPostgresRegistry(locationOf(primary.reach, database), secrets, recordKinds);
	const registry = await open(locationOf(primary.reach, database), { readonly: false, secrets });
	await make(registry, [environmentChange(null, anEnvironment()), idChange(null, anAllocation(1))]);
	await registry.close();
	standby = await primary.standby({ synchronous: false });
});
afterAll(async () => {
	await standby.remove();
	await primary.remove();
});

it("a standby is read and checked, says what it is, and why nothing can be changed there", async () => {
	await until(
		"the registry on the standby",
		() => standby.sql("SELECT count(*) FROM cfm.allocations", undefined, database) === "1",
	);
	const registry = await open(locationOf(standby.reach, database), { readonly: false, secrets });
	expect(await registry.read((view) => view.countAllocations({}))).toBe(1);
	expect((await registry.check(recordKinds)).problems).toEqual([]);
	expect((await registry.info()).server).toMatchObject({ standby: true });
	const refused = { kind: "unavailable", code: "registry-on-standby" };
	expect(await failure(() => make(registry, [idChange(null, anAllocation(2))]))).toMatchObject(refused);
	const ordinary = allocateIds({ environment: "default", applicants: [{ account: parseAccount("CORP\\ana") }] });
	const around = { registry, attribution: anAttribution(), asker: {} as never };
	expect(await failure(() => carryOut(ordinary, around))).toMatchObject(refused);
	await registry.close();
});
