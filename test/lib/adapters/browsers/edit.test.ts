import { expect, it } from "vitest";
import { editProfile } from "../../../../src/lib/adapters/browsers/edit.js";
import { editImageHere } from "../../../../src/lib/adapters/browsers/edit-image.js";
import { Kept } from "../../../../src/lib/adapters/browsers/kept.js";
import type { LiveStore, OpenedProfile } from "../../../../src/lib/adapters/user-files/live-store.js";
import { known } from "../../../../src/lib/known.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const origin = "https://sign.example.com";
const options = { dryRun: false, now: new Date("2026-03-01T08:00:00Z"), keepDays: 30 };
const edit = { origin, clear: false, remove: [], set: [["CFM_ID", "7"]] as const };
const profile: BrowserProfile = {
	user: "ana",
	sid: null,
	browser: "chrome",
	kind: "chromium",
	name: "Default",
	path: "/nowhere",
	within: "/nowhere",
	userData: null,
};

/** A store that takes a write and does not have it afterwards, and what says that its browser was started since. */
function forgetful({ started }: { started: boolean }) {
	const events: string[] = [];
	const store: LiveStore = {
		kind: "leveldb",
		read: async () => ({
			store: "leveldb",
			state: "readable",
			why: null,
			modified: null,
			values: [{ origin, value: known(null) }],
		}),
		entries: async () => [],
		write: async () => void events.push("write"),
		copyTo: async () => {},
		putBack: async () => void events.push("put back"),
	};
	const opened: OpenedProfile = {
		stores: [store],
		fresh: undefined,
		running: () => undefined,
		startedSince: () => (started ? "Chrome runs." : undefined),
		close() {},
	};
	return { events, open: async () => opened };
}

async function run(place: ReturnType<typeof forgetful>) {
	const kept = new Kept(at("cfm"));
	await kept.prepare();
	const [result] = await editProfile(place.open, profile, [edit], options, { kept, editImage: editImageHere });
	return { result, backups: kept.list().map(({ id }) => id) };
}

it("puts back what was not written as wanted", async () => {
	const place = forgetful({ started: false });
	const { result } = await run(place);
	expect(place.events).toEqual(["write", "put back"]);
	expect(result).toMatchObject({ outcome: "failed", after: known(null) });
});

it("touches nothing more once the browser was started, names the backup, and does not say what is there", async () => {
	const place = forgetful({ started: true });
	const { result, backups } = await run(place);
	expect(place.events).toEqual(["write"]);
	expect(backups).toHaveLength(1);
	expect(result).toMatchObject({ outcome: "failed", backups, after: { known: false } });
	expect(result?.why).toContain(backups[0]);
});

it("ends in words, of this profile alone, when nobody foresaw what went wrong", async () => {
	const odd = () => JSON.parse("{").x;
	const why = /^Unexpected error in cfm: SyntaxError: .* \[.*odd.* \(edit\.test\.ts:\d+:\d+\)\]$/;
	for (const part of ["open", "read", "running", "write"] as const) {
		const { open } = forgetful({ started: false });
		const opened = await open();
		const [store] = opened.stores;
		if (part === "running") opened.running = odd;
		else if (part !== "open" && store !== undefined) store[part] = async () => odd();
		const result = await run({ events: [], open: async () => (part === "open" ? odd() : opened) });
		expect(result, part).toMatchObject({ result: { outcome: "failed", why: expect.stringMatching(why) } });
	}
});
