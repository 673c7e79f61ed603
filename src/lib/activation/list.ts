import { keysOf, tryAccount } from "../account/account.js";
import { domainTest, glob, isPattern, parsePattern } from "../account/pattern.js";
import { registered, whoIsMeant } from "../account/whose.js";
import { type Environment, listEnvironments, requireEnvironment } from "../environment/environment.js";
import type { RegistryView } from "../registry/registry.js";
import { type Activation, activations } from "./activation.js";
import { type ActivationState, type ToldActivation, tellActivation } from "./told.js";

export interface ActivationList {
	activations: ToldActivation[];
	/** All that match, also those outside the page. */
	total: number;
	inventoryOnly: true;
}

export interface ListRequest {
	/** None means all. */
	environment: string | undefined;
	state: ActivationState | "open" | undefined;
	product: Activation["product"] | undefined;
	/** A pattern of users. */
	user: string | undefined;
	sort: "due" | "user" | "number" | undefined;
	descending: boolean;
	limit: number | undefined;
	offset: number | undefined;
	now: Date;
}

/**
 * `cfm activations list`: what is due first, ended ones last.
 *
 * @throws CfmError not-found `no-environment`
 */
export async function listActivations(view: RegistryView, request: ListRequest): Promise<ActivationList> {
	const { now, user, limit, offset = 0, descending } = request;
	const environment = request.environment && (await requireEnvironment(view, request.environment)).name;
	const order = request.sort === "number" ? undefined : (request.sort ?? "due");
	const query = {
		environment,
		where: { ...whereState(request.state, now), product: request.product },
		order,
		descending,
	};
	if (user === undefined) {
		const rows = (await Array.fromAsync(view.records(activations, { ...query, limit, offset }))).flat();
		const total = await view.countRecords(activations, query);
		return { activations: rows.map((row) => tellActivation(row, now)), total, inventoryOnly: true };
	}
	// Which domains a pattern means, an environment says: no column has it.
	const fits = await fitting(view, user);
	const rows: ToldActivation[] = [];
	let total = 0;
	for await (const chunk of view.records(activations, query)) {
		for (const row of chunk.filter(fits)) {
			if (total >= offset && (limit === undefined || rows.length < limit)) rows.push(tellActivation(row, now));
			total += 1;
		}
	}
	return { activations: rows, total, inventoryOnly: true };
}

/** What a state is in the registry: a step, or two instants and the clock. Instants are stored to the millisecond. */
function whereState(state: ListRequest["state"], now: Date) {
	const [at, later] = [now.toISOString(), new Date(now.getTime() + 1).toISOString()];
	switch (state) {
		case undefined:
			return {};
		case "open":
			return { rank: 0 };
		case "valid":
			return { rank: 0, safeFrom: later };
		case "may-have-expired":
			return { rank: 0, safeTo: at, endFrom: later };
		case "expired":
			return { rank: 0, endTo: at };
		default:
			return { step: state };
	}
}

async function fitting(view: RegistryView, pattern: string): Promise<(row: Activation) => boolean> {
	const fits = new Map((await listEnvironments(view)).map((one) => [one.name, fittingUsers([pattern], one)]));
	return (row) => fits.get(row.environment)?.(row) ?? false;
}

/** Whether a row is about one of these users or patterns. A name without a domain means whoever is called so. */
export function fittingUsers(
	asked: readonly string[],
	{ domains }: Pick<Environment, "domains">,
): (row: Pick<Activation, "user" | "sid">) => boolean {
	const tests = asked.map((text): ((row: Pick<Activation, "user" | "sid">) => boolean) => {
		const account = isPattern(text) ? { problem: "" } : tryAccount(text);
		if (!("problem" in account)) return (row) => whoIsMeant(account, [row], registered, domains).is === "one";
		const { name, domain } = parsePattern(text);
		const [fitsName, fitsDomain] = [glob(name), domain === undefined ? () => true : domainTest(domain, domains)];
		return ({ user }) => {
			const keys = keysOf(user);
			return fitsName(keys.name) && fitsDomain(keys.domain);
		};
	});
	return (row) => tests.some((test) => test(row));
}
