import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findPassword, passwordIn } from "../../../../src/lib/adapters/registry-postgres/password.js";
import type { Target } from "../../../../src/lib/adapters/registry-postgres/target.js";
import { makeFolder } from "../../../folders.js";
import fc from "../../../property.js";

const folder = makeFolder("password");
afterAll(() => rmSync(folder, { recursive: true }));
const variables = { HOME: folder, APPDATA: folder };
const target = { user: "ana", database: "farm" } as Target;
const endpoint = { host: "db", port: 5432 };

it.each([
	["db:5432:farm:ana:right", "right"],
	["*:*:*:*:right", "right"],
	[
		"# db:5432:farm:ana:wrong\nother:*:*:*:wrong\ndb:1:*:*:wrong\ndb:*:*:bob:wrong\ndb:*:farm:*:right\n*:*:*:*:late",
		"right",
	],
	["db:5432:farm:ana:a:b\\:c\\\\d", "a:b:c\\d"],
	["db:5432:farm:ana:right\r\n", "right"],
	["db:5432:farm:ana", undefined],
	["", undefined],
])("%j", (text, password) => {
	expect(passwordIn(text, target, endpoint)).toBe(password);
});

it("a socket is localhost, too", () => {
	expect(passwordIn("localhost:*:*:*:right", target, { host: "/run/postgresql", port: 5432 })).toBe("right");
	expect(passwordIn("/run/p:*:*:*:right", target, { host: "/run/p", port: 5432 })).toBe("right");
});

it("whatever a field holds, escaped it is found", () => {
	const escaped = (text: string) => text.replace(/[:\\]/g, "\\$&");
	const field = fc.string({ minLength: 1 }).filter((text) => !/[\r\n]/.test(text) && text !== "*");
	fc.assert(
		fc.property(field, field, field, (user, database, password) => {
			const line = `db:5432:${escaped(database)}:${escaped(user)}:${escaped(password)}`;
			expect(passwordIn(line, { user, database }, endpoint)).toBe(password);
		}),
	);
});

it("--password-file comes first, then the file of passwords, then the question", async () => {
	const own = join(folder, "own");
	writeFileSync(own, "first\nsecond line\n", { mode: 0o600 });
	const list = join(folder, "list");
	writeFileSync(list, "db:*:*:*:listed\n", { mode: 0o600 });
	const ask = async (question: string) => `asked: ${question}`;
	const listed = { ...target, passwordFile: list };
	expect(await findPassword(listed, endpoint, { variables, passwordFile: own, ask })).toBe("first");
	expect(await findPassword(listed, endpoint, { variables, ask })).toBe("listed");
	expect(await findPassword(listed, { host: "other", port: 1 }, { variables, ask })).toBe(
		"asked: Password of ana on other:1:",
	);
	await expect(findPassword(target, endpoint, { variables })).rejects.toMatchObject({
		kind: "denied",
		code: "password-needed",
	});
});

it("an empty file of a password is said, and one that is not there", async () => {
	const empty = join(folder, "empty");
	writeFileSync(empty, "\n", { mode: 0o600 });
	const told = (passwordFile: string) => findPassword(target, endpoint, { variables, passwordFile });
	await expect(told(empty)).rejects.toMatchObject({ code: "no-password" });
	await expect(told(join(folder, "none"))).rejects.toMatchObject({ code: "file-not-found" });
});

it.runIf(process.platform !== "win32")("a file that others can read is refused, whichever it is", async () => {
	const open = join(folder, "open");
	writeFileSync(open, "*:*:*:*:secret\n");
	chmodSync(open, 0o640);
	const refusal = { kind: "denied", code: "open-to-others" };
	await expect(findPassword({ ...target, passwordFile: open }, endpoint, { variables })).rejects.toMatchObject(refusal);
	await expect(findPassword(target, endpoint, { variables, passwordFile: open })).rejects.toMatchObject(refusal);
});
