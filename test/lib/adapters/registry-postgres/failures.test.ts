import { expect, it } from "vitest";
import { ConnectionLoss, ServerRefusal } from "../../../../src/lib/adapters/registry-postgres/connection.js";
import { explain, inDoubt } from "../../../../src/lib/adapters/registry-postgres/failures.js";
import { anAttribution } from "../../../contract/store.js";

const location = "postgres://";
const host = "db1.example.com:5432";

it.each([
	["55P03", "busy", "registry-busy"],
	["40001", "busy", "registry-busy"],
	["53300", "busy", "registry-busy"],
	["53100", "unavailable", "disk-full"],
	["XX001", "unavailable", "registry-damaged"],
	["58030", "unavailable", "registry-damaged"],
])("what a server refuses with %s is told with its name, which the location may not have", (sqlstate, kind, code) => {
	const told = explain(new ServerRefusal("no", sqlstate, { host }), location);
	expect(told).toMatchObject({ kind, code, data: { host, sqlstate }, message: expect.stringContaining(host) });
});

it("what no server answered is told with the name of the one that was asked", () => {
	const loss = new ConnectionLoss(host, `${host} does not answer`);
	for (const told of [explain(loss, location), inDoubt(loss, location, anAttribution())])
		expect(told).toMatchObject({ kind: "unavailable", data: { host }, message: expect.stringContaining(host) });
});
