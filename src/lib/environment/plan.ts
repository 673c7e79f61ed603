import { domainsText } from "../account/domains.js";
import { type CommandLine, type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Allocation } from "../id/allocation.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { Change, RegistryView } from "../registry/registry.js";
import { setFree } from "../registry/set-free.js";
import { plural, t } from "../text.js";
import { type Environment, environments, highestId, idOfPort, portOf, requireEnvironment } from "./environment.js";

/** What an administrator may say of an environment; the rest keeps its value, or gets the default. */
export type EnvironmentSettings = Partial<Omit<Environment, "name" | "domain">>;

export interface EnvironmentPlan extends Plan {
	before: Environment | null;
	after: Environment | null;
	/** What the administrator should know before agreeing. */
	remarks: string[];
}

/** The name of the environment that is meant when none is named. */
export const defaultName = "default";

/** The values of a new environment. The ID range and the port rule are not published by the vendor: unverified. */
export const defaults: Omit<Environment, "name"> = {
	firstId: 1,
	lastId: 20_000,
	portBase: 24_250,
	portStride: 1,
	portRuleLearnedAt: null,
	quarantineDays: 30,
	domain: null,
	domains: [],
	note: null,
};

/**
 * Plans a new environment. The ID whose port is the regular edition's common port is kept out of use from the start.
 *
 * @throws CfmError conflict `environment-exists`; usage as `refuseUnusable`
 */
export async function planAddEnvironment(
	view: RegistryView,
	request: { name: string; settings: EnvironmentSettings; commonPort: number },
	now = new Date(),
): Promise<EnvironmentPlan> {
	const after = settled({ name: parseEnvironmentName(request.name), ...defaults }, request.settings);
	refuseUnusable(after, (range) => t`--range ${range} fits.`);
	const existing = await view.environment(after.name);
	if (existing !== undefined) {
		if (isWithin(request.settings, existing)) return { before: existing, after: existing, remarks: [], changes: [] };
		throw new CfmError("conflict", "environment-exists", t`The environment ${existing.name} already exists.`, {
			hints: [
				line("environments show", [existing.name]),
				{ say: t`To change it:`, line: toSet(existing, request.settings) },
			],
		});
	}
	const changes: Change[] = [recordChange(environments, "add-environment", null, after, after.note)];
	const common = idOfPort(after, request.commonPort);
	if (common !== undefined) changes.push(keepOut(after, common, request.commonPort, now));
	return { before: null, after, remarks: [], changes };
}

/**
 * Plans other values for an environment. The range shrinks only over free IDs.
 *
 * @throws CfmError not-found `no-environment`; conflict `ids-outside-range`, `common-port-taken`; usage as `refuseUnusable`
 */
export async function planSetEnvironment(
	view: RegistryView,
	request: { name: string; settings: EnvironmentSettings; commonPort: number },
	now = new Date(),
): Promise<EnvironmentPlan> {
	const before = await requireEnvironment(view, request.name);
	if (isWithin(request.settings, before)) return { before, after: before, remarks: [], changes: [] };
	const after = settled({ ...before, ...ruleNotLearned(request.settings) }, request.settings);
	refuseUnusable(after, (range) => withRange(request.settings, after, range));
	const common = idOfPort(after, request.commonPort);
	const held = common === undefined ? undefined : await view.allocation(before.name, common);
	const outside: Allocation[] = [];
	let moving = 0;
	for await (const chunk of view.allocations({ environment: before.name })) {
		for (const allocation of chunk) {
			if (allocation.id < after.firstId || allocation.id > after.lastId) outside.push(allocation);
			else if (allocation.state === "allocated" && portOf(before, allocation.id) !== portOf(after, allocation.id))
				moving += 1;
		}
	}
	if (outside.length > 0) throw outsideRange(before.name, outside);
	const remark = plural(moving, {
		one: "1 user gets another port. Reinstall the client.",
		other: `${moving} users get another port. Reinstall their clients.`,
	});
	const remarks = moving === 0 ? [] : [remark];
	const changes: Change[] = [recordChange(environments, "set-environment", before, after)];
	if (common !== undefined && held?.state !== "reserved") {
		// An ID that rests would be given to somebody when its time is over.
		if (held !== undefined) changes.push(setFree(held));
		changes.push(keepOut(after, common, request.commonPort, now));
	}
	if (held?.state === "allocated") {
		const [free] = await view.lowestFree(before.name, 1);
		throw new CfmError(
			"conflict",
			"common-port-taken",
			t`ID ${held.id} (${held.user ?? ""}) would get port ${request.commonPort}, which belongs to the regular edition.`,
			{
				hints:
					free === undefined
						? [t`Move the user to another ID first.`]
						: [line("ids move", [held.user ?? ""], { id: free, environment: before.name })],
				data: { id: held.id, user: held.user },
			},
		);
	}
	return { before, after, remarks, changes };
}

/**
 * Plans the end of an environment; only one without allocated IDs can go.
 *
 * @throws CfmError not-found `no-environment`; conflict `environment-in-use`
 */
export async function planRemoveEnvironment(view: RegistryView, name: string): Promise<EnvironmentPlan> {
	const before = await requireEnvironment(view, name);
	const count = await view.countAllocations({ environment: before.name, state: "allocated" });
	if (count > 0) {
		const holders = plural(count, {
			one: `1 user has an ID in ${before.name}.`,
			other: `${count} users have an ID in ${before.name}.`,
		});
		throw new CfmError("conflict", "environment-in-use", holders, {
			hints: [line("ids list", [], { environment: before.name, state: "allocated" })],
			data: { allocated: count },
		});
	}
	return {
		before,
		after: null,
		remarks: [],
		changes: [recordChange(environments, "remove-environment", before, null)],
	};
}

/** @throws CfmError usage `bad-environment-name` */
export function parseEnvironmentName(text: string): string {
	const name = text.trim();
	if (/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,62}$/u.test(name)) return name;
	throw new CfmError(
		"usage",
		"bad-environment-name",
		t`Not an environment name: ${JSON.stringify(text.slice(0, 80))}.`,
		{
			hints: [t`Use at most 63 letters, digits, dots, dashes and underscores.`],
		},
	);
}

/** An environment with what was said of it. */
export function settled(environment: Environment, settings: EnvironmentSettings): Environment {
	const after = { ...environment, ...settings };
	return { ...after, domain: after.domains[0]?.name ?? null };
}

/** A port rule that somebody sets is no longer the one that was learned. */
function ruleNotLearned({ portBase, portStride }: EnvironmentSettings): Partial<Environment> {
	return portBase === undefined && portStride === undefined ? {} : { portRuleLearnedAt: null };
}

/** The command that sets the rule that was said with a range that has room; a learned one is then learned again. */
function withRange(settings: EnvironmentSettings, { name, portBase, portStride }: Environment, range: string): Hint {
	const isRuleSaid = settings.portRuleLearnedAt === undefined && ruleNotLearned(settings).portRuleLearnedAt === null;
	const rule = isRuleSaid ? { "port-base": portBase, "port-stride": portStride } : {};
	return line("environments set", [name], { range, ...rule });
}

/** The command that gives an environment what was said of it and is otherwise there. */
function toSet(existing: Environment, settings: EnvironmentSettings): CommandLine {
	const { firstId, lastId } = { ...existing, ...settings };
	const differs = (...keys: (keyof EnvironmentSettings)[]) =>
		keys.some((key) => key in settings && !isWithin({ [key]: settings[key] }, existing));
	return line("environments set", [existing.name], {
		range: differs("firstId", "lastId") ? `${firstId}-${lastId}` : undefined,
		"port-base": differs("portBase") ? settings.portBase : undefined,
		"port-stride": differs("portStride") ? settings.portStride : undefined,
		"quarantine-days": differs("quarantineDays") ? settings.quarantineDays : undefined,
		domain: differs("domains") ? settings.domains?.map((one) => domainsText([one])) : undefined,
		note: differs("note") ? (settings.note ?? undefined) : undefined,
	});
}

/** @param roomy words the hint about the part of the range that has ports */
function refuseUnusable(environment: Environment, roomy: (range: string) => Hint): void {
	const { firstId, lastId, portBase, portStride } = environment;
	const bad = (code: string, message: string, hints: Hint[] = []) => new CfmError("usage", code, message, { hints });
	if (firstId > lastId || lastId > highestId) throw bad("bad-id-range", t`${firstId} to ${lastId} is not a range.`);
	if (portStride === 0 && firstId !== lastId) {
		throw bad("bad-port-rule", t`With stride 0, every ID would get the same port.`);
	}
	const ports = [portOf(environment, firstId), portOf(environment, lastId)];
	if (Math.min(...ports) < 1 || Math.max(...ports) > 65_535) {
		const step = Math.max(1, portStride);
		const lowest = Math.max(firstId, Math.ceil((1 - portBase) / step));
		const highest = Math.min(lastId, Math.floor((65_535 - portBase) / step));
		throw bad(
			"ports-out-of-range",
			t`IDs ${firstId} to ${lastId} would need ports ${Math.min(...ports)} to ${Math.max(...ports)}, but the highest port is 65535.`,
			[
				...(portStride === 0 || lowest > highest ? [] : [roomy(`${lowest}-${highest}`)]),
				t`With this port rule, the highest ID is ${Math.floor((65_535 - portBase) / step)}. For more users, add another environment.`,
			],
		);
	}
}

function isWithin(settings: EnvironmentSettings, environment: Environment): boolean {
	return (Object.keys(settings) as (keyof EnvironmentSettings)[]).every(
		(key) => JSON.stringify(settings[key]) === JSON.stringify(environment[key]),
	);
}

function keepOut(environment: Environment, id: number, port: number, now: Date): Change {
	const note = t`port ${port} belongs to the regular edition`;
	const since = now.toISOString();
	const after = {
		environment: environment.name,
		id,
		state: "reserved" as const,
		user: null,
		sid: null,
		note,
		since,
		until: null,
	};
	return { of: "allocation", action: "reserve", environment: environment.name, id, before: null, after, note };
}

function outsideRange(name: string, outside: readonly Allocation[]): CfmError {
	const some = outside.slice(0, 5).map(({ id, user, state }) => `${id} (${user ?? state})`);
	return new CfmError(
		"conflict",
		"ids-outside-range",
		plural(outside.length, {
			one: `1 ID would be outside the range: ${some.join(", ")}.`,
			other: `${outside.length} IDs would be outside the range: ${some.join(", ")}.`,
		}),
		{
			hints: [line("ids list", [], { environment: name }), t`Move or release them first.`],
			data: { total: outside.length, ids: outside.slice(0, 100).map(({ id }) => id) },
		},
	);
}

type SettingsRequest = { name: string; settings: EnvironmentSettings; commonPort: number };

export interface EnvironmentAnswer {
	environments: Environment[];
	total: number;
	/** What became of it. */
	outcome: "added" | "changed" | "removed" | "already-so";
}

function environmentAnswer({ before, after, changes }: EnvironmentPlan): EnvironmentAnswer {
	const environments = [after ?? before].filter((one) => one !== null);
	const happened = before === null ? "added" : after === null ? "removed" : "changed";
	return { environments, total: environments.length, outcome: changes.length === 0 ? "already-so" : happened };
}

/** `cfm environments add`, and the first one of `cfm init`. */
export function addEnvironment(request: SettingsRequest): RegistryOperation<EnvironmentPlan, EnvironmentAnswer> {
	return { asked: request, plan: (view) => planAddEnvironment(view, request), answer: environmentAnswer };
}

/** `cfm environments set`: asks, for another range or port rule is felt by everybody in it. */
export function setEnvironment(request: SettingsRequest): RegistryOperation<EnvironmentPlan, EnvironmentAnswer> {
	return {
		asked: request,
		plan: (view) => planSetEnvironment(view, request),
		danger: (plan) => ({
			question: t`Change the environment ${plan.after?.name ?? ""}?`,
			details: differences(plan),
		}),
		answer: environmentAnswer,
	};
}

/** `cfm environments remove`: somebody must specify its name. */
export function removeEnvironment(name: string): RegistryOperation<EnvironmentPlan, EnvironmentAnswer> {
	return {
		asked: { name },
		plan: (view) => planRemoveEnvironment(view, name),
		danger: ({ before }) => ({
			name: before?.name ?? name,
			question: t`Remove the environment ${before?.name ?? name}?`,
		}),
		answer: environmentAnswer,
	};
}

/** The values that change, line by line. */
function differences({ before, after, remarks }: EnvironmentPlan): string[] {
	const keys = Object.keys(after ?? before ?? {}) as (keyof Environment)[];
	const shown = (one: Environment | null, key: keyof Environment) =>
		(key === "domain" ? domainsText(one?.domains ?? []) : one?.[key]) || "-";
	const lines = keys
		.filter((key) => key !== "domains" && shown(before, key) !== shown(after, key))
		.map((key) => `  ${key}: ${shown(before, key)} -> ${shown(after, key)}`);
	return [...lines, ...remarks.map((remark) => `  ${remark}`)];
}
