import type { Account } from "../account/account.js";
import { certain, registered, relate } from "../account/whose.js";
import { line } from "../command-line.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { type RecordKind, recordChange } from "../registry/kind.js";
import type { Change, RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { holdingOf, identify, unsureHolder } from "./holder.js";
import type { Target } from "./release.js";
import { requireTarget } from "./set.js";

export interface RenameRequest {
	environment: string;
	/** Who is meant, as registered. */
	target: Target;
	/** The name that the account has now, and its SID where it is known. */
	account: Account;
	note?: string | undefined;
}

export interface RenamePlan extends Plan {
	environment: Environment;
	before: Allocation;
	after: Allocation;
	/** Records of every kind that name the person, beside the ID's own. */
	records: number;
}

export interface RenameAnswer {
	environment: string;
	allocations: {
		user: string;
		id: number;
		port: number;
		state: Allocation["state"];
		previousUser: string;
		changed: boolean;
	}[];
	total: number;
	/** How many other records name the person by the new name now. */
	records: number;
}

/**
 * Plans another name for a registered person: the account was renamed, the person is the same. ID, client and history stay
 * theirs; all records of the environment that name them, of any kind, get the new name.
 *
 * @throws CfmError not-found `no-allocation`, `id-not-given`; conflict `user-has-other-id` where the new name has an ID of
 *   its own, `user-ambiguous`, `user-recreated`; usage `nobody-to-rename` for a reserved ID
 */
export async function planRename(
	view: RegistryView,
	request: RenameRequest,
	kinds: readonly RecordKind[],
): Promise<RenamePlan> {
	const environment = await requireEnvironment(view, request.environment);
	const before = await requireTarget(view, environment, request.target);
	if (before.user === null) {
		throw new CfmError(
			"usage",
			"nobody-to-rename",
			t`ID ${before.id} of ${environment.name} is reserved; nobody has it.`,
			{
				hints: [line("ids allocate", [request.account.spelling], { id: before.id, environment: environment.name })],
			},
		);
	}
	await refuseTaken(view, environment, before, request.account);
	const { spelling: user, sid } = request.account;
	const after = { ...before, user };
	const note = request.note ?? null;
	const { id } = before;
	const of = "allocation" as const;
	const changes: Change[] = identify(before, request.account);
	if (user !== before.user) {
		const held = sid === undefined ? before : { ...before, sid };
		const named = { ...held, user };
		changes.push({ of, action: "id.rename", environment: environment.name, id, before: held, after: named, note });
		changes.push(...(await renamedRecords(view, environment, before, user, kinds)));
	}
	const records = changes.filter((change) => change.of !== "allocation").length;
	return { environment, before, after, records, changes };
}

/** Two registered people cannot become one. */
async function refuseTaken(
	view: RegistryView,
	environment: Environment,
	held: Allocation,
	account: Account,
): Promise<void> {
	for (const state of ["allocated", "quarantined"] as const) {
		const meant = certain(await holdingOf(view, environment, account, state));
		if (meant.is === "nobody" || (meant.is === "one" && meant.one.id === held.id)) continue;
		const others = meant.is === "one" ? [meant.one] : meant.among.filter(({ id }) => id !== held.id);
		const [other] = others;
		// What rests under that name is no hindrance, unless it is surely the same account's.
		if (other === undefined || (state === "quarantined" && meant.is === "unsure")) continue;
		if (meant.is === "unsure") throw unsureHolder(environment, account, meant);
		throw new CfmError("conflict", "user-has-other-id", t`${account.spelling} already has ID ${other.id}.`, {
			hints: [
				line("ids show", [other.id], { environment: environment.name }),
				{
					say: t`If that ID is not in use, release it first:`,
					line: line("ids release", [other.id], { "at-once": true, environment: environment.name }),
				},
			],
			data: { id: other.id, user: other.user },
		});
	}
}

/** Whatever else names somebody: rows of every kind, by the fields that it declares. */
async function renamedRecords(
	view: RegistryView,
	environment: Environment,
	held: Allocation,
	user: string,
	kinds: readonly RecordKind[],
): Promise<Change[]> {
	const changes: Change[] = [];
	for (const kind of kinds.filter(({ about, rename }) => about.length > 0 && rename !== undefined)) {
		for await (const chunk of view.records(kind, {
			environment: kind.environment === null ? undefined : environment.name,
		})) {
			for (const row of chunk) {
				const after = renamed(row, kind, environment, held, user);
				if (after !== undefined) changes.push(recordChange(kind, kind.rename as string, row, after));
			}
		}
	}
	return changes;
}

function renamed(
	row: object,
	kind: RecordKind,
	{ domains }: Environment,
	held: Allocation,
	user: string,
): object | undefined {
	const fields = kind.about.filter((field) => {
		const said = (row as Record<string, unknown>)[field];
		const sid = (row as { sid?: string | null }).sid ?? null;
		return typeof said === "string" && relate(registered(held), registered({ user: said, sid }), domains) === "same";
	});
	return fields.length === 0 ? undefined : { ...row, ...Object.fromEntries(fields.map((field) => [field, user])) };
}

/** `cfm ids rename`: asks, for whoever is called by the old name from now on is somebody else. */
export function renameUser(
	request: RenameRequest,
	kinds: readonly RecordKind[],
): RegistryOperation<RenamePlan, RenameAnswer> {
	const { environment, target, account, note } = request;
	return {
		asked: { environment, target, account, note },
		plan: (view) => planRename(view, request, kinds),
		danger: ({ before, after }) => ({
			question: t`Rename ${before.user ?? ""} (ID ${before.id}) to ${after.user ?? ""}?`,
		}),
		answer: ({ environment, before, after, records, changes }) => ({
			environment: environment.name,
			allocations: [
				{
					user: after.user ?? "",
					id: before.id,
					port: portOf(environment, before.id),
					state: before.state,
					previousUser: before.user ?? "",
					changed: changes.length > 0,
				},
			],
			total: 1,
			records,
		}),
	};
}
