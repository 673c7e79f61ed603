import { line } from "../command-line.js";
import { t } from "../text.js";
import {
	applyWebIds,
	countPlanned,
	planAnswer,
	planWebIds,
	refuseUnallocated,
	type WebIdAnswer,
	type Wish,
} from "../webid/edit.js";
import type { EditOptions, WebIdStores } from "../webid/ports.js";
import type { ProfileFinder } from "../webid/profiles.js";
import { placesIn, type Scope, type ScopeRequest } from "../webid/scope.js";
import type { Shell } from "./shell.js";
import { plannedLines, some } from "./web-view.js";

/** How long backups are kept when nobody says. */
const defaultKeepDays = 30;

export const keepDaysFlag = {
	"keep-days": {
		kind: "integer",
		value: "N",
		least: 1,
		most: 3650,
		summary: t`Keep the backups so many days; 30 when nothing is said`,
	},
} as const;

/** How a command writes: all at one time, and its backups together are one batch. */
export function writeOptions(flags: { "keep-days"?: number | undefined }): Omit<EditOptions, "dryRun"> {
	return { now: new Date(), keepDays: flags["keep-days"] ?? defaultKeepDays, batch: crypto.randomUUID() };
}

/** Plan → agree → apply, for whatever is to become of web IDs; expired backups are removed on the way. */
export async function changeWebIds(
	shell: Shell,
	tools: WebIdStores & { finder: ProfileFinder },
	asked: { request: ScopeRequest; scope: Scope; wish: Wish; question: (count: number) => string },
	flags: { "dry-run": boolean; "keep-days"?: number | undefined },
): Promise<WebIdAnswer & { dryRun?: true }> {
	const { request, scope, wish } = asked;
	const { environment } = request;
	const { stores, backups, finder } = tools;
	const options = writeOptions(flags);
	const sites = scope.sites === "all" ? [] : scope.sites;
	const plan = await shell.withProgress(t`Looking into browsers`, (progress) =>
		planWebIds(stores, placesIn(scope, finder, progress), wish, sites, options),
	);
	refuseUnallocated(plan, request);
	if (plan.withoutId.length > 0)
		shell.warn(t`Passed over, since they have no ID in ${environment}: ${some(plan.withoutId)}`);
	if (plan.unsure.length > 0)
		shell.warn(t`Passed over, since nobody can tell which ID is theirs: ${some(plan.unsure)}`);
	if (plan.leftAlone.length > 0)
		shell.warn({
			say: t`Internet Explorer and old Edge must be set by hand, of ${some(plan.leftAlone)}:`,
			line: line("web steps", [{ fill: "USER" }], { environment }),
		});
	const planned = { environment, ...planAnswer(plan) };
	if (flags["dry-run"]) return { ...planned, dryRun: true };
	const count = countPlanned(plan);
	if (count > 0) await shell.agree(asked.question(count), plannedLines(planned.changes));
	await backups.removeExpired(options.now);
	if (count === 0) return planned;
	const written = await shell.withProgress(t`Writing`, (progress) => applyWebIds(stores, plan, options, progress));
	return { environment, ...written };
}
