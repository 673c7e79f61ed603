import { expect, it } from "vitest";
import { parseAddress } from "../../../../src/lib/adapters/registry-postgres/address.js";
import type { CfmError } from "../../../../src/lib/errors.js";

it.each([
	["postgres://db.example.com/farm", { host: "db.example.com", port: "", dbname: "farm" }],
	["postgresql://ana@db:6432/farm", { host: "db", port: "6432", user: "ana", dbname: "farm" }],
	["postgres://CORP%5Cana@db/my%20farm", { host: "db", port: "", user: "CORP\\ana", dbname: "my farm" }],
	["postgres://a:1,b,[::1]:3/farm", { host: "a,b,::1", port: "1,,3", dbname: "farm" }],
	["postgres://", {}],
	["postgres:///farm?host=/run/postgresql&port=6432", { dbname: "farm", host: "/run/postgresql", port: "6432" }],
	["postgres://%2Frun%2Fpostgresql/farm", { host: "/run/postgresql", port: "", dbname: "farm" }],
	["postgres://db?sslmode=require&service=x", { host: "db", port: "", sslmode: "require", service: "x" }],
])("%s", (address, said) => {
	expect(parseAddress(address)).toEqual(said);
});

it.each([
	"postgres://d b/farm",
	"postgres://db:x/farm",
	"postgres://[::1/farm",
	"postgres://[nonsense]/farm",
	"postgres://db/farm/more",
	"postgres://db/farm#more",
	"postgres://db/%zz",
	"postgres://db/%00",
	"postgres://db/farm?sslmode",
	"postgres://db/farm?options=-c%20synchronous_commit%3Doff",
	"postgres://a;b/farm",
	"https://db/farm",
])("%s is refused", (address) => {
	expect(() => parseAddress(address)).toThrow(expect.objectContaining({ kind: "usage", code: "bad-registry-address" }));
});

it("says nothing of what could be a password", () => {
	for (const address of ["postgres://u:se/cret@db/x", "postgres://u@db/x?se=cret&Se%3Acret", "postgres://se cret"]) {
		let told: CfmError | undefined;
		try {
			parseAddress(address);
		} catch (error) {
			told = error as CfmError;
		}
		expect(`${told?.message}${told?.hints}${JSON.stringify(told?.data)}`).not.toContain("cret");
		expect(told?.code).toBe("bad-registry-address");
	}
});
