import { expect, it } from "vitest";
import { keyOnToken } from "../../../src/lib/sign/token-key.js";
import { anasToken, type FakeModule, FakeTokens } from "../token/fake-tokens.js";

const take = async (more: Partial<FakeModule> = {}, allowLastTry = false) => {
	const tokens = new FakeTokens([{ ...anasToken, ...more }]);
	const pin = { read: async () => Buffer.from("4321"), tell() {}, allowLastTry };
	const on = { module: anasToken.path, slot: 1, id: undefined };
	const failed: string[] = [];
	const error = await keyOnToken(
		tokens,
		on,
		pin,
		undefined,
	)(async (step, work) => {
		try {
			return await work();
		} catch (error) {
			failed.push(step);
			throw error;
		}
	}).catch((error: unknown) => error);
	// Whatever failed, its process has ended.
	expect(tokens.closed).toBe(tokens.opened);
	return { error, failed, tried: tokens.tried };
};
const withFlags = (...flags: string[]) => ({
	tokens: anasToken.tokens.map((one) => ({ ...one, flags: [...one.flags, ...flags] })),
});

it("the last try is not spent, and a locked PIN is not tried", async () => {
	const last = await take(withFlags("CKF_USER_PIN_FINAL_TRY"));
	expect(last).toMatchObject({ error: { code: "last-try" }, failed: ["login"], tried: [] });
	const locked = await take(withFlags("CKF_USER_PIN_LOCKED"), true);
	expect(locked).toMatchObject({ error: { code: "pin-locked" }, failed: ["login"], tried: [] });
	const allowed = await take(withFlags("CKF_USER_PIN_FINAL_TRY"), true);
	expect(allowed).toMatchObject({ error: { code: "wrong-pin" }, failed: ["login"], tried: ["4321"] });
});

it("a module that is not there fails when it is opened", async () => {
	expect(await take({ state: "missing" })).toMatchObject({ error: { code: "module-missing" }, failed: ["open"] });
});
