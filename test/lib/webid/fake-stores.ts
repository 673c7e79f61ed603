import { known, unknown } from "../../../src/lib/known.js";
import { areaNamed, type SiteArea } from "../../../src/lib/webid/area.js";
import type { ForgottenSite } from "../../../src/lib/webid/forgetting.js";
import type {
	BrowserProfile,
	BrowserStores,
	Edit,
	EditOptions,
	EditResult,
	ProfileReading,
	ReadRequest,
	ReadState,
	StoreKind,
	StoreReading,
} from "../../../src/lib/webid/stores.js";

/** One store as it lies on a disk: origin → value. */
export interface FakeStore {
	store: StoreKind;
	values: Record<string, string>;
	modified?: string;
	state?: ReadState;
}

export function aProfile(own: Partial<BrowserProfile> = {}): BrowserProfile {
	return {
		user: "CORP\\ana",
		sid: "S-1-5-21-1",
		browser: "chrome",
		kind: "chromium",
		name: "Default",
		path: "C:\\Users\\ana\\AppData\\Local\\Google\\Chrome\\User Data\\Default",
		within: "C:\\Users\\ana",
		userData: "C:\\Users\\ana\\AppData\\Local\\Google\\Chrome\\User Data",
		...own,
	};
}

/** Browsers' stores in memory, by the profile's path; what they were asked is kept. */
export class FakeStores implements BrowserStores {
	readonly stores = new Map<string, FakeStore[]>();
	readonly states = new Map<string, ReadState>();
	/** What the browsers will not keep. */
	forgets: readonly ForgottenSite[] = [];
	/** What sites keep in frames and containers, of any store. */
	areas: readonly SiteArea[] = [];
	/** What was really edited. */
	readonly done: string[] = [];

	put(profile: BrowserProfile, stores: FakeStore[], state: ReadState = "readable"): BrowserProfile {
		this.stores.set(profile.path, stores);
		this.states.set(profile.path, state);
		return profile;
	}

	async read(profile: BrowserProfile, { origins }: ReadRequest): Promise<ProfileReading> {
		const state = this.states.get(profile.path) ?? "unreachable";
		const why = state === "readable" ? null : `it is ${state}`;
		if (state !== "readable" && state !== "running") return { state, why, stores: [] };
		const stores = (this.stores.get(profile.path) ?? []).map((store): StoreReading => {
			const isSound = (store.state ?? "readable") === "readable";
			const value = (origin: string) =>
				isSound ? known(store.values[origin] ?? null) : unknown("a checksum is wrong");
			return {
				store: store.store,
				state: store.state ?? "readable",
				why: isSound ? null : "a checksum is wrong",
				modified: store.modified ?? "2026-01-01T00:00:00.000Z",
				values: (origins === "all" ? Object.keys(isSound ? store.values : {}) : origins).map((origin) => ({
					origin,
					value: value(origin),
				})),
				areas: this.areas.map((area) => ({ ...area, value: value(area.name) })),
			};
		});
		return { state, why, stores, forgets: this.forgets };
	}

	async edit(profile: BrowserProfile, edits: readonly Edit[], { dryRun }: EditOptions): Promise<EditResult[]> {
		const state = this.states.get(profile.path);
		const [store] = this.stores.get(profile.path) ?? [];
		return edits.map((edit): EditResult => {
			const before = store?.values[edit.origin] ?? null;
			const after = edit.action === "set" ? edit.value : null;
			const areas = this.areas.filter(({ name }) => areaNamed(name).site === edit.origin);
			const result = {
				...(dryRun && { areas }),
				origin: edit.origin,
				stores: [],
				before: known(before),
				after: known(before),
				why: null,
				backups: [],
			};
			if (state === "running") return { ...result, outcome: "in-use", why: `${profile.browser} runs` };
			if (state !== "readable") return { ...result, outcome: "unreachable", why: "it is not there" };
			if (before === after) return { ...result, outcome: after === null ? "not-present" : "already-so" };
			const forgets = this.forgets.find(({ origin }) => origin === edit.origin);
			if (dryRun) return { ...result, after: known(after), outcome: "planned", ...(forgets && { forgets }) };
			this.done.push(`${profile.name}: ${edit.action} ${edit.origin} ${after ?? ""}`.trim());
			if (store !== undefined && after === null) delete store.values[edit.origin];
			else if (store !== undefined && after !== null) store.values[edit.origin] = after;
			return { ...result, after: known(after), outcome: "done", backups: ["b1"] };
		});
	}
}
