import { tryAccount } from "../account/account.js";
import { glob, parsePattern } from "../account/pattern.js";
import { affectedBy, type Finding } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { keepLook, type Look } from "../registry/look.js";
import type { Registry } from "../registry/registry.js";
import { type Examination, examine } from "./doctor.js";
import type { Sources, Tools } from "./sources.js";

/**
 * Looks at everybody together, and leaves what was seen whole as last looks.
 *
 * @param where.keeps false when only some is looked at: what is not looked at is not gone
 * @returns also the looks, for where the registry could not keep them
 */
export async function audit(
	tools: Tools,
	options: Parameters<typeof examine>[1],
	where: { machine: string; keeps: boolean },
): Promise<{ examination: Examination; looks: Look[] }> {
	let registry: Registry | undefined;
	const seen: Pick<Look, "kind" | "sightings">[] = [];
	const open = async () => (registry = await tools.open());
	const heard = where.keeps ? { heard: (one: (typeof seen)[number]) => seen.push(one) } : {};
	const examination = await examine({ ...tools, allClients: true, open, ...heard }, options);
	if (!where.keeps) return { examination, looks: [] };
	const [{ environment }, { machine }, at] = [tools, where, tools.now().toISOString()];
	const looks = [...seen, findingsSeen(examination)].map(
		(one): Look => ({ environment, machine, at, users: null, ...one }),
	);
	for (const one of looks) await keepLook(registry, () => one);
	return { examination, looks };
}

/**
 * The same probes, who tell only what is about users that fit: they look at everybody, for what a user has in common with
 * others shows only so.
 *
 * @param patterns users, or with `*` and `?`; none means everybody
 */
export function onlyAbout(probes: readonly Probe<Sources>[], patterns: readonly string[]): readonly Probe<Sources>[] {
	if (patterns.length === 0) return probes;
	const tests = patterns.map((pattern) => {
		const { name, domain } = parsePattern(pattern);
		const [fitsName, fitsDomain] = [glob(name), domain === undefined ? () => true : glob(domain)];
		return (user: string) => {
			const account = tryAccount(user);
			return !("problem" in account) && fitsName(account.name) && (account.domain === "" || fitsDomain(account.domain));
		};
	});
	const isAbout = (finding: Finding) => {
		const { users = [] } = affectedBy(finding);
		return users.length === 0 || users.some((user) => tests.some((test) => test(user)));
	};
	return probes.map((probe) => ({
		...probe,
		async *look(given, signal) {
			for await (const finding of probe.look(given, signal)) if (isAbout(finding)) yield finding;
		},
	}));
}

/** Of a finding about thousands, each of its sightings names so many, and has so much of its text. */
const [mostOthers, longestText] = [10, 500];

/** What a last look keeps of an audit: each finding for each user that it is about. */
export function findingsSeen({ findings }: Pick<Examination, "findings">): Pick<Look, "kind" | "sightings"> {
	const sightings = findings.flatMap(({ id, severity, state, title, text, affected, suppressed }) => {
		const said = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
		const first = affected.users.slice(0, mostOthers);
		return (affected.users.length === 0 ? [null] : affected.users).map((user) => {
			const users = user === null || first.includes(user) ? first : [user, ...first];
			return {
				...{ user, id: null, attention: severity !== "notice" && suppressed === null },
				facts: { finding: id, severity, state, title, text: said, affected: { ...affected, users } },
			};
		});
	});
	return { kind: "findings", sightings };
}
