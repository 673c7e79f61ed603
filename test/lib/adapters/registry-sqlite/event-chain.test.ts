import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hashOf } from "../../../../src/lib/registry/event-chain.js";

const event = {
	seq: 1,
	at: "2026-11-23T08:00:00.000Z",
	actor: "CORP\\admin",
	machine: "RDS01",
	command: "ids allocate",
	action: "allocate",
	environment: "default",
	subject: "CORP\\Łucja \ud800",
	id: 1,
	before: null,
	after: "{}",
	note: null,
	request_key: "key",
};

test("an event has one hash, whoever computes it and however many were computed before", () => {
	const told = ["", ...Object.values(event)];
	const expected = createHash("sha256").update(JSON.stringify(told)).digest("hex");
	for (let time = 0; time < 40; time++) expect(hashOf("", event)).toBe(expected);
});
