import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { realProfileFolder } from "../../../../src/lib/adapters/browsers/named-folder.js";
import type { CfmError } from "../../../../src/lib/errors.js";
import { failure } from "../../failure.js";
import { expectRunnable, said } from "../../hints.js";
import { useFolder } from "../temp.js";

const at = useFolder();

/** Makes a folder with these files, or folders when the name ends in a slash. */
function make(name: string, ...entries: string[]): string {
	mkdirSync(at(name), { recursive: true });
	for (const entry of entries) {
		if (entry.endsWith("/")) mkdirSync(join(at(name), entry), { recursive: true });
		else writeFileSync(join(at(name), entry), "");
	}
	return at(name);
}
const refusal = (path: string, kind: "chromium" | "firefox") => failure(() => realProfileFolder({ path, kind }));
const commands = (error: CfmError) => said(error).filter((hint) => hint.startsWith("cfm "));

it.each([
	["chromium", "Preferences"],
	["chromium", "LocalStorage"],
	["chromium", "Local Storage/"],
	["firefox", "prefs.js"],
	["firefox", "storage/"],
	["firefox", "webappsstore.sqlite"],
] as const)("a folder of %s with %s is a profile", (kind, sign) => {
	expect(() => realProfileFolder({ path: make("profile", sign), kind })).not.toThrow();
});

it('"User Data" is not, and the profiles in it are named', async () => {
	const path = make("User Data", "Local State", "Crashpad/");
	make("User Data/Default", "Preferences");
	make("User Data/Profile 1", "Local Storage/");
	const error = await refusal(path, "chromium");
	expect(error).toMatchObject({ kind: "not-found", code: "not-a-profile" });
	expect(commands(error)).toEqual(
		["Default", "Profile 1"].map(
			(name) => `cfm web list --profile-dir '${join(path, name)}' --browser-kind chromium --discover`,
		),
	);
	await expectRunnable(error);
});

it("a profile of the other browser is not, and what it is said to be", async () => {
	// On Windows, `Storage` is also found as `storage`.
	const chromium = make("Default", "Preferences", "Storage/");
	const error = await refusal(chromium, "firefox");
	const quoted = /[^\w/.-]/.test(chromium) ? `'${chromium}'` : chromium;
	expect(commands(error)).toEqual([`cfm web list --profile-dir ${quoted} --browser-kind chromium --discover`]);
	await expectRunnable(error);
	expect(commands(await refusal(make("x.default", "prefs.js"), "chromium"))).toHaveLength(1);
});

it("an empty folder is not, and what is looked for is said; links are not followed", async () => {
	make("elsewhere", "prefs.js");
	const path = make("empty");
	symlinkSync(at("elsewhere"), join(path, "link"));
	const error = await refusal(path, "firefox");
	expect(said(error)).toEqual(["A profile folder contains prefs.js."]);
	expect(error.data).toMatchObject({ path, profiles: [] });
});

it("a name that a shell would act on is quoted; one that no terminal shows is in the data only", async () => {
	const path = make("Firefox");
	make("Firefox/a$(b)", "prefs.js");
	make("Firefox/c\nd", "prefs.js");
	const error = await refusal(path, "firefox");
	expect(commands(error)).toEqual([
		`cfm web list --profile-dir '${join(path, "a$(b)")}' --browser-kind firefox --discover`,
	]);
	expect(error.data.profiles).toEqual(
		["a$(b)", "c\nd"].map((name) => ({ path: join(path, name), browserKind: "firefox" })),
	);
});
