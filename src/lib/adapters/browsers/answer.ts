import { areaNamed } from "../../webid/area.js";
import type { BrowserPolicies } from "../../webid/forgetting.js";
import type { Found, ProfileFinder } from "../../webid/profiles.js";
import type { EditResult, StoreReading } from "../../webid/stores.js";
import type { Call } from "../isolation/serve.js";
import { lendHand } from "../user-files/hand.js";
import { setLocks } from "../user-files/held.js";
import { toArea } from "./edits.js";
import { forgettingOf } from "./forgets.js";
import { openProfile, readProfile } from "./read.js";
import { cutFound, cutReading, cutResult, isTold, type ReaderRequest } from "./requests.js";

/** What this machine's processes have locked, as the one that asks has seen it. */
export interface ReaderNews {
	/** null: nobody could tell. */
	locks: string[] | null;
}

/** Answers what a reader is asked: what a user could have made long is cut here, so that it goes no further. */
export async function answer(
	request: ReaderRequest,
	news: ReaderNews | undefined,
	finder: ProfileFinder,
	policies: BrowserPolicies,
	call: Call,
): Promise<unknown> {
	setLocks(news?.locks);
	switch (request.ask) {
		case "find": {
			const found: Found[] = [];
			for await (const one of finder.find(request.user)) found.push(cutFound(one));
			return found;
		}
		case "read": {
			const { profile } = request;
			const reading = await readProfile(openProfile, profile, request.request);
			const forgetting = await forgettingOf(profile, policies);
			const { origins } = request.request;
			const sites = origins === "all" ? reading.stores.flatMap(sitesIn) : origins;
			const forgets = [...new Set(sites)].flatMap((origin) => {
				const found = forgetting(origin);
				return found === undefined ? [] : [{ origin, ...found }];
			});
			return cutReading({ ...reading, ...(forgets.length > 0 && { forgets }) });
		}
		case "plan": {
			const options = { dryRun: true, now: new Date(request.now), keepDays: 1 };
			const { editProfile } = await import("./edit.js");
			const results = await editProfile(openProfile, request.profile, request.edits.map(toArea), options);
			const forgetting = await forgettingOf(request.profile, policies);
			const origins = request.edits.map(({ origin }) => origin);
			const { stores } = await readProfile(openProfile, request.profile, { origins });
			const areas = stores.flatMap((store) => store.areas ?? []).filter(isTold);
			return results.map((result, at) => {
				const { site } = areaNamed(result.origin);
				const forgets = request.edits[at]?.action === "set" ? forgetting(site) : undefined;
				const own = areas.flatMap(({ name, container }) =>
					areaNamed(name).site === result.origin ? [{ name, container }] : [],
				);
				return cutResult({ ...result, ...(forgets && { forgets }), ...(own.length > 0 && { areas: own }) });
			});
		}
		case "folder":
			return (await import("./named-folder.js")).lookAtNamedFolder(request.folder);
		case "edit":
		case "repair":
		case "restore":
			return change(request, call);
	}
}

/** Works a change out, and has others carry it out. */
async function change(
	request: ReaderRequest & { ask: "edit" | "repair" | "restore" },
	call: Call,
): Promise<EditResult[]> {
	const [{ editingHere }, { askFor, FarKept, farEditor, farHand }] = await Promise.all([
		import("./open.js"),
		import("./far.js"),
	]);
	const { profile, home } = request;
	const ask = askFor(call, profile);
	const editing = editingHere(openProfile, farEditor(ask));
	const kept = new FarKept(home, request.ask === "restore" ? request.id : null, ask);
	const options = { dryRun: request.ask !== "edit" && request.dryRun, now: new Date(request.now), keepDays: 1 };
	// A browser may be started at any moment: what was seen of the locks before is too old.
	setLocks(undefined);
	lendHand(farHand(ask));
	try {
		if (request.ask === "edit") {
			return (await editing.edit(profile, request.edits, options, kept)).map(cutResult);
		}
		if (request.ask === "repair") return [cutResult(await editing.repair(profile, options, kept))];
		return (await editing.restore(request.id, { ...options, whole: request.whole }, kept)).map(cutResult);
	} finally {
		lendHand(undefined);
	}
}

function sitesIn({ values, areas = [] }: StoreReading): string[] {
	return [...values.map(({ origin }) => origin), ...areas.map(({ name }) => areaNamed(name).site)];
}
