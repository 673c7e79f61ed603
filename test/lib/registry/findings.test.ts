import { expect, it } from "vitest";
import { registryProblems } from "../../../src/lib/registry/findings.js";

const commands = (code: keyof typeof registryProblems, registry: string) =>
	registryProblems[code].remedies?.({ registry, message: "x" }).map((one) => ("command" in one ? one.command : one));

it("functions and rights of a server can be put in place again, a file's tables cannot", () => {
	const back = ["registry backup", "registry restore"];
	expect(commands("schema-changed", "postgres://db/cfm")).toEqual(["registry migrate", ...back]);
	expect(commands("schema-changed", "registry.db")).toEqual(back);
	expect(commands("event-log-changed", "postgres://db/cfm")).toEqual(back);
});
