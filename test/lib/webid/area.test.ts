import { expect, it } from "vitest";
import { areaNamed } from "../../../src/lib/webid/area.js";

const site = "https://sign.example:8443";

// As Chromium 156 and Firefox ESR 153 name them.
it.each([
	["", null, null],
	["/^0https://top.example", "https://top.example", null],
	["/^31", "^31", null],
	["/^11234567890^25678901234", "^11234567890^25678901234", null],
	["^partitionKey=%28http%2Ctop.example%29", "http://top.example", null],
	["^partitionKey=%28https%2Ctop.example%2C8443%29", "https://top.example:8443", null],
	["^partitionKey=%28https%2Ctop.example%2Cf%29", "https://top.example", null],
	["^userContextId=2", null, "2"],
	["^userContextId=2&partitionKey=%28https%2Ctop.example%29", "https://top.example", "2"],
	["^firstPartyDomain=top.example", "top.example", null],
])("an area is told by its site and by what keeps it apart: %s", (apart, frame, container) => {
	expect(areaNamed(site + apart)).toEqual({ site, frame, container });
	if (container !== null) expect(areaNamed(site + apart, "Work")).toEqual({ site, frame, container: "Work" });
});
