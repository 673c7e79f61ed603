import { expect, it } from "vitest";
import { testToken, testVerdict } from "../../../src/lib/token/test.js";
import { anasToken, type FakeModule, FakeTokens } from "./fake-tokens.js";

const run = async (more: Partial<FakeModule> = {}, id?: string) => {
	const tokens = new FakeTokens([{ ...anasToken, ...more }]);
	const source = { read: async () => Buffer.from("1234"), tell() {}, allowLastTry: false };
	const test = await testToken(tokens, { module: anasToken.path, slot: 1, id }, source).catch(
		(error: unknown) => error,
	);
	expect(tokens.closed).toBe(tokens.opened);
	return test as Awaited<ReturnType<typeof testToken>>;
};

it("a signature that verifies is good, one of something else is wrong, and a refused one is only that one's failure", async () => {
	const good = await run();
	expect(good.keys[0]?.signatures).toMatchObject([{ scheme: "eddsa", state: "good", why: null, milliseconds: 12 }]);
	expect(testVerdict(good)).toBeUndefined();
	const wrong = await run({ signs: "wrong" });
	expect(wrong.keys[0]?.signatures).toMatchObject([{ state: "wrong", why: "the signature does not verify" }]);
	expect(testVerdict(wrong)).toMatchObject({ kind: "unavailable", code: "token-test-failed" });
	const failed = await run({ signs: "fails" });
	expect(failed.keys[0]?.signatures).toMatchObject([
		{ state: "failed", why: expect.stringContaining("CKR_DEVICE_ERROR") },
	]);
	expect(testVerdict(failed)).toMatchObject({
		code: "token-test-failed",
		data: { failed: [{ id: "01", scheme: "eddsa" }] },
	});
});

it("a key without a certificate is no failure; an ID that no key has is not found; a bad end is told apart", async () => {
	expect((await run({}, "01")).keys[0]).toMatchObject({ certificate: null });
	expect(await run({}, "FF")).toMatchObject({ kind: "not-found", code: "no-such-key", data: { ids: ["01"] } });
	const ended = await run({ ends: "it crashed (SIGSEGV), in C_Finalize" });
	expect(ended.endsBadly).toBe("it crashed (SIGSEGV), in C_Finalize");
	expect(testVerdict(ended)).toBeUndefined();
});
