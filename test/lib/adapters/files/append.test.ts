import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { appendTo } from "../../../../src/lib/adapters/files/append.js";
import { makeFolder } from "../../../folders.js";

const folder = makeFolder("append");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("adds whole lines, also behind one that a full disk cut", async () => {
	const file = join(folder, "notices.jsonl");
	const append = await appendTo(file);
	expect(append('{"a":1}\n')).toBe(true);
	writeFileSync(file, '{"a":1}\n{"b":');
	expect(append('{"b":2}\n')).toBe(true);
	expect((await appendTo(file))('{"c":3}\n')).toBe(true);
	expect(readFileSync(file, "utf8").split("\n")).toEqual(['{"a":1}', '{"b":', '{"b":2}', '{"c":3}', ""]);
});

it.runIf(process.platform === "linux")("says of a full disk that nothing was added", async () => {
	expect((await appendTo("/dev/full"))("text\n")).toBe(false);
});
