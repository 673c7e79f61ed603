import type { Account } from "../account/account.js";
import { registered, relate } from "../account/whose.js";
import type { Environment } from "../environment/environment.js";
import { pagePart } from "../finding/page-part.js";
import type { RegistryReads } from "../registry/probes.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { type ListedAllocation, toListed } from "./list.js";

/** Whom a page is about, in an environment. */
export interface Subject {
	environment: Environment;
	/** As registered where they are, else as they were named. */
	account: Account;
	/** The ID that they have. */
	held: Allocation | null;
}

export interface SubjectSources {
	registry: RegistryReads;
	subject: Subject;
}

/** The ID that somebody has here. */
const allocation = pagePart<SubjectSources, "subject", ListedAllocation | null>({
	name: "allocation",
	title: () => t`ID`,
	needs: ["subject"],
	look: async ({ subject: { held, environment } }) => (held === null ? null : toListed(held, environment)),
	facts: (told) => {
		if (told === null) return [[t`ID`, t`none`]];
		const facts = [[t`ID`, t`${told.id}, since ${told.since.slice(0, 10)}`] as const];
		return told.note === null ? facts : [...facts, [t`Note`, told.note]];
	},
});

/** IDs that they had here and that nobody may have yet. */
const previous = pagePart<SubjectSources, keyof SubjectSources, ListedAllocation[]>({
	name: "previous",
	title: () => t`Held before`,
	needs: ["registry", "subject"],
	look: ({ registry, subject }) => registry.read((view) => quarantinedOf(view, subject)),
	facts: (told) =>
		told.map(({ id, user, until }) => [
			t`Held before`,
			t`ID ${id} as ${user ?? ""}, in quarantine until ${until?.slice(0, 10) ?? ""}`,
		]),
});

/** IDs that they have in other environments. */
const elsewhere = pagePart<SubjectSources, keyof SubjectSources, ListedAllocation[]>({
	name: "elsewhere",
	title: () => t`Elsewhere`,
	needs: ["registry", "subject"],
	look: ({ registry, subject }) =>
		registry.read(async (view) => {
			const found = await view.allocationsNamed(subject.account.name, "allocated");
			const others: ListedAllocation[] = [];
			for (const held of found) {
				const environment = await view.environment(held.environment);
				if (environment === undefined || environment.name === subject.environment.name) continue;
				if (relate(subject.account, registered(held), environment.domains) === "same")
					others.push(toListed(held, environment));
			}
			return others;
		}),
	facts: (told) => told.map(({ id, environment, port }) => [t`Elsewhere`, t`ID ${id} in ${environment}, port ${port}`]),
});

export const idParts = [allocation, previous, elsewhere];

/** The IDs in quarantine that surely were somebody's. */
export async function quarantinedOf(
	view: RegistryView,
	{ account, environment }: Pick<Subject, "account" | "environment">,
): Promise<ListedAllocation[]> {
	const named = await view.allocationsNamed(account.name, "quarantined", environment.name);
	const bySid =
		account.sid === undefined ? [] : await view.allocationsOfSid(account.sid, "quarantined", environment.name);
	const all = new Map([...named, ...bySid].map((one) => [one.id, one]));
	return [...all.values()]
		.filter((one) => relate(account, registered(one), environment.domains) === "same")
		.map((one) => toListed(one, environment));
}
