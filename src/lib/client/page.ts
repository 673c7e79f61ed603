import { registered, relate } from "../account/whose.js";
import { type Fact, pagePart } from "../finding/page-part.js";
import type { Subject } from "../id/page.js";
import type { RegistryReads } from "../registry/probes.js";
import { t } from "../text.js";
import { type Installation, listInstallations } from "./installation.js";
import type { ListedClient } from "./list.js";
import type { SeenClient } from "./look.js";

interface ClientPartSources {
	registry: RegistryReads;
	subject: Subject;
	/** Of the user, on this machine. */
	clients: readonly ListedClient[];
}

/** Somebody's client on this machine. */
const client = pagePart<ClientPartSources, "clients", ListedClient | null>({
	name: "client",
	title: () => t`Client`,
	needs: ["clients"],
	look: async ({ clients }) => clients[0] ?? null,
	facts: (told) => (told === null ? [[t`Client`, t`none on this machine`]] : clientFactsOf(told)),
});

/** What there is of a client, in a line. */
export function clientFactsOf({ installed, version, clientId, running, unknown }: SeenClient): Fact[] {
	if (installed === null) return [[t`Client`, t`unknown`]];
	const id = unknown.includes("clientId")
		? t`client ID unknown`
		: clientId === null
			? t`no client ID`
			: t`client ID ${clientId}`;
	if (!installed) return [[t`Client`, clientId === null ? t`not installed` : t`not installed, ${id}`]];
	const runs = running === null ? t`unknown whether it runs` : running ? t`running` : t`not running`;
	return [[t`Client`, t`version ${version ?? "?"}, ${id}, ${runs}`]];
}

/** Where cfm installed a client for them, as recorded. */
const installations = pagePart<ClientPartSources, "registry" | "subject", Installation[]>({
	name: "installations",
	title: () => t`Installed`,
	needs: ["registry", "subject"],
	look: ({ registry, subject: { account, environment } }) =>
		registry.read(async (view) =>
			(await listInstallations(view, { environment: environment.name })).filter(
				({ user }) => relate(account, registered({ user, sid: null }), environment.domains) === "same",
			),
		),
	facts: (told) =>
		told.map(({ machine, outcome, id, at }) => [
			t`Recorded`,
			t`${machine}: ${outcome} with ID ${id}, ${at.slice(0, 10)}`,
		]),
});

export const clientParts = [client, installations];
