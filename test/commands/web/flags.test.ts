import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { refuseUnsaid, webRequest } from "../../../src/commands/web/_flags.js";
import { failure } from "../../lib/failure.js";
import { expectRunnable, said } from "../../lib/hints.js";

const none = {
	...{ user: [], site: [], browser: [], environment: undefined },
	...{ "profile-dir": undefined, "browser-kind": undefined },
};
const folder = { "profile-dir": "copy", "browser-kind": "chromium" } as const;
const refusal = (flags: Partial<Parameters<typeof webRequest>[0]>) =>
	failure(() => webRequest({ ...none, ...flags }, "default"));

describe("flags that would have no meaning", () => {
	it("are refused: an ID without a folder that it belongs to", async () => {
		const error = await refusal({ user: ["ana"], id: 77 });
		expect([error.kind, error.code]).toEqual(["usage", "id-without-folder"]);
		await expectRunnable(error);
	});

	it("are refused: a browser beside a folder, whose browser is known", async () => {
		expect(await refusal({ ...folder, browser: ["chrome"] })).toMatchObject({ kind: "usage", code: "two-meanings" });
	});

	it("are refused: all users beside a folder, and the message names it", async () => {
		const request = webRequest({ ...none, ...folder }, "default");
		const error = await failure(() => refuseUnsaid(request, { "all-users": true, "all-sites": true }));
		expect(error).toMatchObject({ code: "two-meanings", message: expect.stringContaining("--profile-dir") });
	});
});

it("what is refused is told with commands for the same environment", async () => {
	const unsaid = webRequest({ ...none, user: ["ana"] }, "south");
	const hints = [
		await failure(() => refuseUnsaid(unsaid, { "all-users": false, "all-sites": false })),
		await failure(() => webRequest({ ...none, user: ["ana"], id: 77 }, "south")),
		await failure(() => webRequest({ ...none, "profile-dir": "copy" }, "south")),
	].flatMap(said);
	expect(hints).toHaveLength(3);
	for (const hint of hints) expect(hint).toMatch(/cfm .* --environment south$/);
});

it("an ID goes with its folder", () => {
	expect(webRequest({ ...none, ...folder, id: 7 }, "default")).toMatchObject({
		folder: { path: resolve("copy"), kind: "chromium" },
		id: 7,
	});
});
