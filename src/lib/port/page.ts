import { portOf } from "../environment/environment.js";
import { pagePart } from "../finding/page-part.js";
import type { Subject } from "../id/page.js";
import { t } from "../text.js";
import { describeOwner } from "./findings.js";
import type { ListedPort } from "./list.js";

interface PortPartSources {
	subject: Subject;
	/** What listens on the user's port here, or should. */
	ports: readonly ListedPort[];
}

/** The port of somebody's ID, and what holds it on this machine. */
const port = pagePart<
	PortPartSources,
	keyof PortPartSources,
	{ port: number; listeners: readonly ListedPort[] } | null
>({
	name: "port",
	title: () => t`Port`,
	needs: ["subject", "ports"],
	look: async ({ subject: { held, environment }, ports }) =>
		held === null
			? null
			: {
					port: portOf(environment, held.id),
					listeners: ports.filter(({ pid, verdict, kernel }) => pid !== null || kernel || verdict !== "missing"),
				},
	facts(told) {
		if (told === null) return [];
		if (told.listeners.length === 0) return [[t`Port`, t`${told.port}, nothing listens here`]];
		return told.listeners.map((one) => [t`Port`, t`${told.port}, held by ${describeOwner(one)}, ${one.verdict ?? ""}`]);
	},
});

export const portParts = [port];
