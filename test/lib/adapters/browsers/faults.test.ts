import { expect, it, vi } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { useFolder } from "../temp.js";
import { makeProfile } from "./profiles.js";

// A fault of ours that one user's odd file brings to light: it is in the answer about that user, and ends nothing else.

const odd = vi.hoisted(() => ({ part: "" }));
vi.mock("../../../../src/lib/adapters/firefox/open.js", async (original) => {
	const { openFirefox } = await original<typeof import("../../../../src/lib/adapters/firefox/open.js")>();
	const fault = () => new URL(odd.part);
	return {
		openFirefox(profile: Parameters<typeof openFirefox>[0]) {
			if (odd.part === "open") fault();
			const opened = openFirefox(profile);
			const [store] = opened.stores;
			if (odd.part === "read" && store !== undefined) store.read = async () => fault() as never;
			if (odd.part === "running") opened.running = () => fault() as never;
			return opened;
		},
	};
});

const at = useFolder();
const origin = "https://sign.example";

it.each(["open", "read", "running"])("a fault when it comes to %s is told as damage, with its place", async (part) => {
	const profile = await makeProfile("data.sqlite", undefined, at());
	odd.part = part;
	const why = expect.stringMatching(
		/^cfm ran into a fault of its own: TypeError: Invalid URL \[fault \(faults\.test\.ts:/,
	);
	const reading = await openBrowserStores(at("cfm")).stores.read(profile, { origins: [origin] });
	expect(reading).toMatchObject({ state: "damaged", why });
	if (part === "read") expect(reading.stores).toMatchObject([{ values: [{ origin, value: { known: false, why } }] }]);
	else expect(reading.stores).toEqual([]);
});
