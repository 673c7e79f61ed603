import { describe, expect, it } from "vitest";
import { checkLocation, isOnServer, shortName } from "../../../src/lib/registry/location.js";
import { failure } from "../failure.js";

describe("the location of a registry", () => {
	it.each([
		["postgres://db.example/farm", true, "farm"],
		["postgresql://ana@db.example:5433/farm?host=/run/sockets", true, "farm"],
		["POSTGRES://db.example", true, "db.example"],
		["/var/lib/cfm/registry.db", false, "registry.db"],
	])("%s", (location, onServer, name) => {
		expect(isOnServer(location)).toBe(onServer);
		expect(shortName(location)).toBe(name);
		expect(checkLocation(location)).toBe(location);
	});

	it.each([
		["postgres://ana:s3cret@db/farm", "password-in-address"],
		["postgres://ana:p@ss:s3cret@db/farm", "password-in-address"],
		["postgres://db/farm?x=1&password=s3cret", "password-in-address"],
		["mysql://db/farm", "registry-not-supported"],
	])("%s is refused, and no password is told", async (location, code) => {
		const error = await failure(async () => checkLocation(location));
		expect(error).toMatchObject({ kind: "usage", code });
		expect(JSON.stringify([error.message, error.hints, error.data])).not.toContain("s3cret");
	});
});
