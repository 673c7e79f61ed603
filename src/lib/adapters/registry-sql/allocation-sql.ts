import type { Domain } from "../../account/domains.js";
import { foldName } from "../../account/fold.js";
import { domainsMeant, parsePattern } from "../../account/pattern.js";
import type { AllocationQuery, AllocationSort } from "../../id/allocation.js";
import { type Dialect, likePattern, literally } from "./dialect.js";

export const allocationColumns = `environments.name AS environment, allocations.id, allocations.state,
	allocations."user", allocations.sid, allocations.note, allocations.since, allocations.until`;

export const allocationsOf = "FROM allocations JOIN environments USING (environment)";

/** Every sort ends in the primary key, so that pages never overlap. `name_key` and `domain_key` may be null. */
const order: Record<AllocationSort, string> = {
	id: "allocations.environment {}, allocations.id {}",
	user: "name_key {}{nulls}, domain_key {}{nulls}, allocations.environment {}, allocations.id {}",
	state: "state {}, allocations.environment {}, allocations.id {}",
	since: "since {}, allocations.environment {}, allocations.id {}",
};

export function allocationOrder({ sort, descending }: AllocationQuery, dialect: Dialect): string {
	const direction = descending ? "DESC" : "ASC";
	return order[sort ?? "id"].replaceAll("{nulls}", dialect.nulls(direction)).replaceAll("{}", direction);
}

/** Whether the environments' domains must be known to make the filter. */
export function asksForDomain({ userPattern }: AllocationQuery): boolean {
	return userPattern !== undefined && parsePattern(userPattern).domain !== undefined;
}

/** @param among the environments that the query is about, for what `asksForDomain` */
export function allocationFilter(
	{ environment, state, userPattern, containing }: AllocationQuery,
	dialect: Dialect,
	among: readonly { name: string; domains: readonly Domain[] }[],
): { where: string; parameters: unknown[] } {
	const conditions: string[] = [];
	const parameters: unknown[] = [];
	const add = (condition: string, ...values: unknown[]) => {
		conditions.push(condition);
		parameters.push(...values);
	};
	const inEnvironment = `${dialect.name("environments.name")} = ?`;
	if (environment !== undefined) add(inEnvironment, dialect.folded(environment));
	if (state !== undefined) add("state = ?", state);
	if (userPattern !== undefined) {
		const { name, domain } = parsePattern(userPattern);
		add("name_key LIKE ? ESCAPE '!'", likePattern(name));
		if (domain !== undefined) {
			const inEach = among.map((one) => {
				const { sql, values } = ofDomain(domain, one.domains);
				return { sql: `${inEnvironment} AND (${sql})`, values: [dialect.folded(one.name), ...values] };
			});
			add(inEach.map(({ sql }) => sql).join(" OR ") || "FALSE", ...inEach.flatMap(({ values }) => values));
		}
	}
	if (containing !== undefined) {
		// All rows are read for it: what is folded already is looked through in a third of the time that LIKE takes, and LIKE
		// is asked of nothing that cannot have the text.
		const isWhole = /[\\@]/.test(containing);
		const names = isWhole ? [] : ["name_key", "domain_key"];
		const texts = [
			...(isWhole ? ['allocations."user"'] : []),
			"allocations.note",
			...(/^[s\d-]*$/i.test(containing) ? ["allocations.sid"] : []),
		];
		const like = dialect.folded(`%${literally(containing)}%`);
		add(
			[
				...names.map(dialect.holds),
				...texts.map((place) => `${place} IS NOT NULL AND ${dialect.text(place)} LIKE ? ESCAPE '!'`),
			].join(" OR "),
			...names.map(() => foldName(containing)),
			...texts.map(() => like),
		);
	}
	const where = conditions.length === 0 ? "" : `WHERE ${conditions.map((one) => `(${one})`).join(" AND ")}`;
	return { where, parameters };
}

/** Who belongs to the domains that a pattern means in an environment. */
function ofDomain(pattern: string, domains: readonly Domain[]): { sql: string; values: string[] } {
	const { like, names, except } = domainsMeant(pattern, domains);
	const among = (values: readonly string[], none: string) =>
		values.length === 0 ? none : `domain_key IN (${values.map(() => "?").join(", ")})`;
	const fits = like.map(() => "domain_key LIKE ? ESCAPE '!'").join(" OR ");
	return {
		sql: `((${fits}) AND NOT ${among(except, "FALSE")}) OR ${among(names, "FALSE")}`,
		values: [...like.map(likePattern), ...except, ...names],
	};
}
