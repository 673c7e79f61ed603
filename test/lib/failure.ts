import { CfmError } from "../../src/lib/errors.js";

/** The typed error that an action ends in; anything else, and no error at all, fails the test. */
export async function failure(action: () => unknown): Promise<CfmError> {
	try {
		await action();
	} catch (error) {
		if (error instanceof CfmError) return error;
		throw error;
	}
	throw new Error("nothing was thrown");
}
