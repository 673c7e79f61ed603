import { relate, told } from "../account/whose.js";
import type { Machine } from "../client/machine.js";
import { type ClientProfile, isClientProgram } from "../client/profile.js";
import { type Hint, line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { type EnvironmentPlan, planSetEnvironment } from "../environment/plan.js";
import { CfmError } from "../errors.js";
import type { RegistryOperation } from "../operation/operation.js";
import type { RegistryView } from "../registry/registry.js";
import { plural, t } from "../text.js";
import { bearsOut, type Fit, fitPortRule, type PortRule } from "./fit.js";
import type { Listener } from "./network.js";

/** A running client whose ID is known. */
export interface ClientEvidence {
	user: string;
	id: number;
	ports: number[];
	process: string | null;
	pid: number | null;
	/** Whether it bears out the rule that was found; null when there is none. */
	fits: boolean | null;
}

export interface LearnedRule {
	environment: string;
	/** What was found; null when nothing was, or nothing that one rule explains. */
	rule: PortRule | null;
	outcome: Fit["outcome"];
	/** The rules that all clients bear out, when they are several; else none. */
	candidates: PortRule[];
	/** The environment's rule now; after the change when there was one. */
	current: PortRule & { learnedAt: string | null };
	evidence: ClientEvidence[];
	total: number;
	misfits: number;
	/** Whether the rule is stored as learned now. */
	stored: boolean;
}

/** What the running clients of this machine's users show; clients whose ID or ports can't be determined show nothing. */
export async function gatherEvidence(
	machine: Machine,
	profile: ClientProfile,
	environment: Environment,
	listeners: readonly Listener[],
	remark: (text: string) => void,
): Promise<ClientEvidence[]> {
	const users = await machine.profiles.users();
	if (!users.known) remark(t`Can't determine who else has a profile here: ${users.why}`);
	const clients = listeners.filter(({ owner }) => owner.process !== null && isClientProgram(owner.process, profile));
	const nameless = listeners.filter(({ owner }) => owner.process === null).length;
	if (nameless > 0) {
		const { elevated } = machine;
		remark(
			elevated.known && elevated.value
				? plural(nameless, {
						one: "Even an administrator can't see the program of 1 listener.",
						other: `Even an administrator can't see the programs of ${nameless} listeners.`,
					})
				: plural(nameless, {
						one: "cfm can't determine the program of 1 listener: run cfm as an administrator.",
						other: `cfm can't determine the programs of ${nameless} listeners: run cfm as an administrator.`,
					}),
		);
	}
	const evidence: ClientEvidence[] = [];
	for (const user of users.known ? users.value : [await machine.profiles.currentUser()]) {
		const account = told(user.account, user.sid);
		const isTheirs = ({ owner }: Listener) => {
			const other = told(owner.user, owner.sid);
			return account !== undefined && other !== undefined && relate(other, account, environment.domains) === "same";
		};
		const theirs = clients.filter(isTheirs);
		const [first] = theirs;
		if (first === undefined) continue;
		const { clientId } = await machine.client.look(user, profile);
		if (!clientId.known) remark(t`Can't determine the client ID of ${user.account}: ${clientId.why}`);
		if (!clientId.known || clientId.value === null) continue;
		evidence.push({
			user: user.account,
			id: clientId.value,
			ports: [...new Set(theirs.map(({ port }) => port))].sort((a, b) => a - b),
			process: first.owner.process,
			pid: first.owner.pid,
			fits: null,
		});
	}
	return evidence.sort((a, b) => a.id - b.id);
}

/** Fits a rule to the evidence, and says of each client whether it bears it out. */
export function learnRule(environment: Environment, evidence: readonly ClientEvidence[]): LearnedRule {
	const fit = fitPortRule(evidence);
	const { outcome, rule } = fit;
	const judged = evidence.map((one) => ({ ...one, fits: rule === undefined ? null : bearsOut(one, rule) }));
	return {
		environment: environment.name,
		rule: rule ?? null,
		outcome,
		candidates: fit.outcome === "ambiguous" ? fit.tied : [],
		current: ruleOf(environment),
		evidence: judged,
		total: judged.length,
		misfits: judged.filter(({ fits }) => fits === false).length,
		stored: false,
	};
}

/** What `ports learn` answers when the rule was to be stored: "now" is after the change, unless it was only planned. */
export function storedRule(learned: LearnedRule, { after }: EnvironmentPlan, stored: boolean): LearnedRule {
	return { ...learned, stored, current: stored && after !== null ? ruleOf(after) : learned.current };
}

function ruleOf({ portBase, portStride, portRuleLearnedAt }: Environment): LearnedRule["current"] {
	return { base: portBase, stride: portStride, learnedAt: portRuleLearnedAt };
}

/** Why a rule that was found could not be stored, and what to do about it; undefined when it could. */
export async function whyNotStorable(
	view: RegistryView,
	request: { environment: string; rule: PortRule; commonPort: number },
): Promise<Hint | undefined> {
	try {
		await planLearnedRule(view, request);
		return undefined;
	} catch (error) {
		if (!(error instanceof CfmError)) throw error;
		const told = t`The rule cannot be stored as things are. ${error.message}`;
		const [hint] = error.hints;
		if (typeof hint === "string") return t`${told} Try: ${hint}`;
		return hint !== undefined && "command" in hint ? { say: t`${told} Try:`, line: hint } : told;
	}
}

/** Plans to store a rule as learned today. One that was learned before and is the same keeps its date. */
export async function planLearnedRule(
	view: RegistryView,
	request: { environment: string; rule: PortRule; commonPort: number },
	now = new Date(),
): Promise<EnvironmentPlan> {
	const { base, stride } = request.rule;
	const before = await view.environment(request.environment);
	const isSame = before?.portBase === base && before.portStride === stride;
	const portRuleLearnedAt = (isSame ? before.portRuleLearnedAt : null) ?? now.toISOString();
	const plan = await planSetEnvironment(
		view,
		{
			name: request.environment,
			settings: { portBase: base, portStride: stride, portRuleLearnedAt },
			commonPort: request.commonPort,
		},
		now,
	);
	// Not the clients change: what the registry says of them does.
	const remarks = plan.remarks.length === 0 ? [] : [t`The registry will show other ports for the allocated IDs.`];
	return { ...plan, remarks };
}

/** So many rules are offered as commands; the result has them all. */
const mostHints = 3;

/** What evidence that makes no rule ends a command with. */
export function notLearned({ environment, outcome, candidates, total, misfits }: LearnedRule): CfmError | undefined {
	if (outcome === "fits") return undefined;
	const clients = line("client list", [], { environment });
	if (outcome === "too-few") {
		return new CfmError(
			"not-found",
			"too-few-clients",
			t`A rule requires two running clients with different IDs; ${total} could be read.`,
			{
				hints: [
					clients,
					t`Start the clients of two users, then run it again. Only administrators see other users' clients.`,
				],
			},
		);
	}
	if (outcome === "ambiguous") {
		const some = candidates.slice(0, mostHints);
		return new CfmError(
			"findings",
			"ambiguous-evidence",
			t`${candidates.length} rules explain all ${total} clients, so nothing was learned. Choose one; where each client listens on several ports, more clients do not help.`,
			{
				hints: some.map(({ base, stride }) =>
					line("environments set", [environment], { "port-base": base, "port-stride": stride }),
				),
				data: { clients: total, misfits },
			},
		);
	}
	return new CfmError(
		"findings",
		"contradicting-evidence",
		t`No rule explains all ${total} clients (${misfits || total} do not fit), so nothing was learned.`,
		{
			hints: [clients, line("ports list", [], { "ids-only": true, environment })],
			data: { clients: total, misfits },
		},
	);
}

/** `cfm ports learn --apply`. */
export function storeLearnedRule(
	request: { environment: string; rule: PortRule; commonPort: number },
	learned: LearnedRule,
	dryRun: boolean,
): RegistryOperation<EnvironmentPlan, LearnedRule> {
	const { environment, rule } = request;
	return {
		asked: request,
		plan: (view) => planLearnedRule(view, request),
		danger: ({ remarks }) => ({
			question: t`Store ${rule.base} + ${rule.stride} × ID as the port rule of ${environment}?`,
			details: remarks,
		}),
		answer: (plan) => storedRule(learned, plan, !dryRun),
	};
}
