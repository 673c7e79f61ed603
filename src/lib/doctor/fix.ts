import { clientNotRunning } from "../audit/client-findings.js";
import { clientNotListening } from "../client/findings.js";
import { argv, type CommandLine, line, withFlags } from "../command-line.js";
import type { ToldFinding } from "../finding/finding.js";
import type { Examination } from "./doctor.js";
import { stillTold } from "./same.js";

/** What has to be right first: an ID, then the client that has it, then the browsers that name it. */
const order: readonly string[] = ["ids allocate", "ids move", "client set", "web set"];
/** A certain ID comes before any ID: else that one might be given to somebody else first. */
const rank = ({ line: { command, flags } }: Fix) => {
	if (isGiving({ command }) && "id" in flags) return -1;
	return order.includes(command) ? order.indexOf(command) : order.length;
};

/** One command that mends what was found, and what it is to mend. */
export interface Fix {
	line: CommandLine;
	ids: string[];
}

/** In the order in which they build on each other. */
export function inOrder(fixes: readonly Fix[]): Fix[] {
	return fixes.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * The commands that may be run for what was found, each once, in order.
 *
 * @param stopClients whether running clients may be ended: without it, what only ends one is left out
 */
export function fixesOf(findings: readonly ToldFinding[], stopClients: boolean): Fix[] {
	const fixes = new Map<string, Fix>();
	for (const { id, remedies } of findings) {
		const remedy = remedies.find(({ fix, flags }) => fix && (stopClients || flags["stop-client"] === undefined));
		if (remedy === undefined) continue;
		const asked = stopping(remedy, stopClients);
		const key = argv(asked).join("\0");
		const own = fixes.get(key) ?? { line: asked, ids: [] };
		if (!own.ids.includes(id)) own.ids.push(id);
		fixes.set(key, own);
	}
	const all = oneIdEach([...fixes.values()]);
	// Whoever is moved has no right client ID or web ID before: what follows sets them.
	const moved = new Set(all.flatMap(({ line: asked }) => (asked.command === "ids move" ? userOf(asked) : [])));
	return inOrder(all.filter(({ line: asked }) => isGiving(asked) || !userOf(asked).some((user) => moved.has(user))));
}

/** Whether a command gives somebody an ID. */
export const isGiving = ({ command }: Pick<CommandLine, "command">) => ["ids allocate", "ids move"].includes(command);

/** Whom a command of a repair is about. */
function userOf({ command, words, flags }: CommandLine): string[] {
	const user = command === "web set" ? flags.user : words[0];
	return typeof user === "string" ? [user] : [];
}

/**
 * Nobody is given two IDs: where one finding would give a user the ID of their client and another one any ID, that client's
 * ID is another user's, too.
 */
function oneIdEach(fixes: readonly Fix[]): Fix[] {
	const given = Map.groupBy(
		fixes.filter(({ line: { command } }) => command === "ids allocate"),
		({ line: asked }) => userOf(asked).join(),
	);
	const dropped = new Set<Fix>();
	for (const [first, ...more] of [...given.values()].map((own) =>
		own.toSorted((a, b) => Number("id" in a.line.flags) - Number("id" in b.line.flags)),
	)) {
		for (const other of more) {
			dropped.add(other);
			first?.ids.push(...other.ids.filter((id) => !first.ids.includes(id)));
		}
	}
	return fixes.filter((one) => !dropped.has(one));
}

/** A command that sets a client ends it first, where that is wanted. */
function stopping({ command, words, flags, placeholders }: CommandLine, stopClients: boolean): CommandLine {
	const plain = { command, words, flags, placeholders };
	return stopClients && command === "client set" ? withFlags(plain, { "stop-client": true }) : plain;
}

/**
 * What must follow where somebody gets an ID, or another one: their client and browsers have it only then. It can't be planned
 * before, so it is only named.
 */
export function followingOf(fixes: readonly Fix[], findings: readonly ToldFinding[], stopClients: boolean): Fix[] {
	const planned = new Set(fixes.map(({ line: asked }) => argv(asked).join("\0")));
	const inBrowsers = new Set(
		findings.filter(({ affected }) => affected.sites.length > 0).flatMap(({ affected }) => affected.users),
	);
	const following = fixes.flatMap(({ line: asked, ids }): Fix[] => {
		const [user] = userOf(asked);
		if (!isGiving(asked) || user === undefined) return [];
		const { environment, id } = asked.flags;
		const isMoved = asked.command === "ids move";
		// Who is given the ID that their client has needs no other client ID.
		const client = id === undefined || isMoved ? [line("client set", [user], { environment })] : [];
		const isInBrowsers = isMoved || inBrowsers.has(user);
		const web = isInBrowsers ? [line("web set", [], { user, "all-sites": true, environment })] : [];
		return [...client, ...web].map((one) => ({ line: stopping(one, stopClients), ids }));
	});
	return following.filter(({ line: asked }) => !planned.has(argv(asked).join("\0")));
}

/** Whether what follows can be asked before: who is moved has a client and browsers with the ID before, or has none. */
export function canBeAsked(following: Fix, fixes: readonly Fix[]): boolean {
	const [user] = userOf(following.line);
	return fixes.some(({ line: asked }) => asked.command === "ids move" && userOf(asked)[0] === user);
}

/**
 * What a first look found and a second one surely does not: its check was made to the end, and what it found is about others.
 * What the second look could not see is not mended, nor what it still sees of some of those that it was about.
 */
export function mended(before: Examination, after: Examination): ToldFinding[] {
	const isLeft = stillTold(after.findings);
	const looked = new Set(after.checks.filter(({ state }) => state === "fine" || state === "found").map(({ id }) => id));
	return before.findings.filter((one) => one.state === "found" && looked.has(one.id) && !isLeft(one));
}

/** What only the user's own session can do once their client has another ID, or was ended. */
export function stepsAfter(done: readonly CommandLine[]): CommandLine[] {
	const users = done.filter(({ command }) => command === "client set").flatMap(({ words }) => words);
	return [...new Set(users)].map((user) => line("client show", [user]));
}

/** Whose client only has to be started, or started again, which nobody but its user does. */
export function startsOf(findings: readonly ToldFinding[]): (Fix & { isRunning: boolean })[] {
	const waiting = [clientNotListening.id, clientNotRunning.id];
	return findings
		.filter(({ id, state }) => waiting.includes(id) && state === "found")
		.flatMap(({ id, affected }) =>
			affected.users.map((user) => ({
				...{ line: line("client show", [user]), ids: [id] },
				isRunning: id === clientNotListening.id,
			})),
		);
}
