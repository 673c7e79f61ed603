import { expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { openFirefox } from "../../../../src/lib/adapters/firefox/open.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { useFolder } from "../temp.js";
import { makeProfile } from "./profiles.js";

// A fault of ours that one user's odd file brings to light: it is in the answer about that user, and ends nothing else.

const fault = (part: string) => new URL(part);

/** Opens Firefox's profiles, with a fault when it comes to this part. */
const openWithFault = (part: string) => async (profile: BrowserProfile) => {
	if (part === "open") fault(part);
	const opened = openFirefox(profile);
	const [store] = opened.stores;
	if (part === "read" && store !== undefined) store.read = async () => fault(part) as never;
	if (part === "running") opened.running = () => fault(part) as never;
	return opened;
};

const at = useFolder();
const origin = "https://sign.example";

it.each(["open", "read", "running"])("a fault when it comes to %s is told as damage, with its place", async (part) => {
	const profile = await makeProfile("data.sqlite", undefined, at());
	const why = expect.stringMatching(/^Unexpected error in cfm: TypeError: Invalid URL \[fault \(faults\.test\.ts:/);
	const { stores } = openBrowserStores(at("cfm"), openWithFault(part));
	const reading = await stores.read(profile, { origins: [origin] });
	expect(reading).toMatchObject({ state: "damaged", why });
	if (part === "read") expect(reading.stores).toMatchObject([{ values: [{ origin, value: { known: false, why } }] }]);
	else expect(reading.stores).toEqual([]);
});
