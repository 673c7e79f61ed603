import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import type { ActKind } from "../operation/act.js";
import { became, intended, type OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import { type Bundle, believeBundle, isOlder } from "./bundle.js";
import type { SeenProgram } from "./program.js";
import { signatureName, sumsName } from "./signed-sums.js";

/** What an update asks of the machine. */
export interface Updates {
	/** The program as it lies there. */
	seen(): Promise<SeenProgram & { sums: ReadonlyMap<string, string> }>;
	/** Whether this process may change it. */
	mayChange(): Promise<Known<boolean>>;
	/** The package of the system that it belongs to; null when it belongs to none. */
	package(): Promise<string | null>;
	/** All files of a bundle, read once, below its folder. @throws CfmError usage `not-a-bundle`, and as any file */
	read(file: string): Promise<ReadonlyMap<string, Uint8Array>>;
	/**
	 * Exchanges the files: all, or none.
	 *
	 * @returns whether something that still runs is removed only when the system starts again
	 * @throws CfmError busy `update-running`; unavailable `update-failed`, `disk-full`
	 */
	exchange(change: Exchange): Promise<{ restart: boolean }>;
}

/** Which files become others. */
export interface Exchange {
	before: string;
	after: string;
	put: ReadonlyMap<string, Uint8Array>;
	remove: readonly string[];
}

export interface UpdateAnswer {
	folder: string;
	before: string;
	after: string;
	/** How many files are written anew, and how many removed. */
	written: number;
	removed: number;
	outcome: "updated" | "already-so" | "planned";
	/** Whether files of the version before, which still run, are removed only when the system starts again. */
	restart: boolean;
}

interface UpdatePlan extends Exchange {
	folder: string;
}

/** Nothing undoes it: an older cfm may not read the registry any more. */
export const updateActs: readonly ActKind[] = [{ actions: ["self.update"], undoneBy: () => [] }];

/**
 * `cfm self update`: puts another version in the place of this one, from a file that was signed for it.
 *
 * @param request.file the bundle
 * @param request.key whose signature is believed: SPKI in Base64
 */
export function updateProgram(
	updates: Updates,
	request: { file: string; key: string; platform: string; arch: string },
): OutsideOperation<UpdatePlan, { restart: boolean }, UpdateAnswer> {
	const act = { action: "self.update", environment: "", subject: "cfm" } as const;
	const isSo = ({ put, remove }: UpdatePlan) => put.size === 0 && remove.length === 0;
	return {
		asked: { file: request.file },
		async plan() {
			const bundle = believeBundle(await updates.read(request.file), request.key, request);
			const seen = await updates.seen();
			refuseOlder(seen.version, bundle.version);
			await refusePlace(updates, seen);
			return planUpdate(seen, bundle);
		},
		danger: ({ before, after, folder, put, remove }) => ({
			question:
				before === after ? t`Repair cfm ${before} in ${folder}?` : t`Update cfm ${before} in ${folder} to ${after}?`,
			details: [t`Files to write: ${put.size}; to remove: ${remove.length}`],
		}),
		needed: (plan) => !isSo(plan),
		intent: ({ before, after }) => [intended(act, { version: before }, { version: after })],
		apply: (plan) => updates.exchange(plan),
		outcome: async ({ after }) => [became(act, { version: after })],
		answer: (plan, done) => ({
			...{ folder: plan.folder, before: plan.before, after: plan.after },
			...{ written: plan.put.size, removed: plan.remove.length },
			outcome: isSo(plan) ? "already-so" : done === undefined ? "planned" : "updated",
			restart: done?.restart ?? false,
		}),
	};
}

/** Only what is not as it should be: a program that runs, and did not change, stays in its place. */
function planUpdate(seen: SeenProgram & { sums: ReadonlyMap<string, string> }, bundle: Bundle): UpdatePlan {
	const odd = new Set(seen.files.map(({ file }) => file));
	const isSo = (file: string) => seen.sums.get(file) === bundle.sums.get(file) && !odd.has(file);
	const changed = [...bundle.sums.keys()].filter((file) => !isSo(file));
	const remove = [...seen.sums.keys()].filter((file) => !bundle.sums.has(file));
	const isDone = changed.length === 0 && remove.length === 0 && seen.signature === "valid";
	const last = (file: string) => (file === "bin/cfm.exe" ? 1 : 0);
	const names = isDone ? [] : [...changed.sort((a, b) => last(a) - last(b)), sumsName, signatureName];
	return {
		...{ folder: seen.folder, before: seen.version, after: bundle.version, remove },
		put: new Map(names.map((file) => [file, bundle.files.get(file) as Uint8Array])),
	};
}

function refuseOlder(before: string, after: string): void {
	if (!isOlder(after, before)) return;
	throw new CfmError("conflict", "version-older", t`${after} is older than this cfm, ${before}.`, {
		hints: [t`To go back, remove cfm and install the older version: the registry stays.`],
		data: { before, after },
	});
}

async function refusePlace(updates: Updates, seen: SeenProgram): Promise<void> {
	if (seen.listed === null) {
		throw new CfmError("unavailable", "built-from-sources", t`This cfm was built from its sources, not installed.`);
	}
	const package_ = await updates.package();
	if (package_ !== null) {
		throw new CfmError("unavailable", "installed-by-package", t`cfm is in the package ${package_} of this system.`, {
			hints: [t`Install the new package: apt install ./cfm_VERSION_amd64.deb`],
		});
	}
	const may = await updates.mayChange();
	if (may.known && !may.value) {
		throw new CfmError("denied", "needs-administrator", t`Only administrators can update cfm.`, {
			hints: [t`Run the same command as root, or in an elevated window.`],
		});
	}
	const why = seen.open.known ? seen.open.value : seen.open.why;
	if (why !== null) {
		throw new CfmError("denied", "program-open-to-others", t`This folder can't be updated safely: ${why}.`, {
			hints: [t`Let only administrators write there and in the folders on the way to it.`, line("self check", [])],
			data: { folder: seen.folder },
		});
	}
}
