import { describe, expect, it } from "vitest";
import { CfmError } from "../../../src/lib/errors.js";
import { logIn, type PinSource } from "../../../src/lib/token/pin.js";
import { anasToken, FakeTokens } from "./fake-tokens.js";

const usual = ["CKF_LOGIN_REQUIRED", "CKF_USER_PIN_INITIALIZED"];

/** Logs in to a token with such flags. */
async function login(
	flags: readonly string[],
	source: Partial<PinSource> & { pin?: Buffer } = {},
	afterWrong?: string[],
) {
	const [token] = anasToken.tokens;
	if (token === undefined) throw new Error("no token");
	const module = { ...anasToken, tokens: [{ ...token, flags: [...flags] }], ...(afterWrong && { afterWrong }) };
	const tokens = new FakeTokens([module]);
	const told: string[] = [];
	const { pin = Buffer.from("1234"), ...more } = source;
	const opened = await tokens.open(module.path, 1);
	const answer = await logIn(opened, {
		read: async () => pin,
		tell: (text) => told.push(text),
		allowLastTry: false,
		...more,
	}).catch((error: unknown) => {
		if (error instanceof CfmError) return error;
		throw error;
	});
	return { answer: answer instanceof CfmError ? answer.code : answer, error: answer, tried: tokens.tried, told, pin };
}

describe("a login", () => {
	it("takes the PIN once, and only where one is wanted", async () => {
		expect(await login(usual)).toMatchObject({ answer: "pin", tried: ["1234"] });
		expect(await login([])).toMatchObject({ answer: "not-needed", tried: [] });
	});

	it("is not tried with a locked PIN, or with one that was never set", async () => {
		expect(await login([...usual, "CKF_USER_PIN_LOCKED"])).toMatchObject({ answer: "pin-locked", tried: [] });
		expect(await login(["CKF_LOGIN_REQUIRED"])).toMatchObject({ answer: "pin-not-set", tried: [] });
	});

	it("does not spend the last try, unless that was allowed", async () => {
		const flags = [...usual, "CKF_USER_PIN_FINAL_TRY"];
		expect(await login(flags)).toMatchObject({ answer: "last-try", tried: [] });
		expect(await login(flags, { allowLastTry: true })).toMatchObject({ answer: "pin", tried: ["1234"] });
	});

	it("leaves the PIN to a reader with a keypad, and reads none", async () => {
		const read = async () => {
			throw new Error("read");
		};
		const { answer, tried, told } = await login([...usual, "CKF_PROTECTED_AUTHENTICATION_PATH"], { read });
		expect({ answer, tried }).toEqual({ answer: "pin-pad", tried: [null] });
		expect(told).toEqual(["Enter the PIN of the token Ana's token at the reader."]);
	});

	it("wipes a PIN that was wrong, and tells what the token says of its tries now", async () => {
		for (const [flag, words] of [
			["CKF_USER_PIN_COUNT_LOW", "Few tries are left."],
			["CKF_USER_PIN_FINAL_TRY", "One try is left."],
			["CKF_USER_PIN_LOCKED", "It is locked now."],
		] as const) {
			const wrong = Buffer.from("9999");
			const { answer, error, pin } = await login(usual, { pin: wrong }, [...usual, flag]);
			expect(answer).toBe("wrong-pin");
			expect((error as CfmError).message.endsWith(words)).toBe(true);
			expect((error as CfmError).data.flags).toContain(flag);
			expect(pin).toEqual(Buffer.alloc(4));
		}
	});

	it("asks a person where no file was named, and nobody where none can be asked", async () => {
		const ask = async (question: string) => (question.startsWith("PIN of the token Ana") ? "1234" : "");
		expect(await login(usual, { read: undefined, ask })).toMatchObject({ answer: "pin", tried: ["1234"] });
		expect(await login(usual, { read: undefined })).toMatchObject({ answer: "pin-needed", tried: [] });
	});
});
