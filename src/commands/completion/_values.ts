import type { Suggestion } from "../../lib/cli/completion/suggest.js";
import type { ValueKind } from "../../lib/cli/definition.js";
import type { Context } from "../../lib/context.js";
import { listEnvironments } from "../../lib/environment/environment.js";
import { listOperators } from "../../lib/operator/operator.js";
import { certificates } from "../../lib/registered/certificate.js";
import type { RegistryView } from "../../lib/registry/registry.js";
import { services } from "../../lib/service/service.js";
import { listSites } from "../../lib/site/site.js";
import { t } from "../../lib/text.js";

/** More of them help nobody, and every shell reads them all. */
const most = 500;

/** What is looked up: what there is of the value, and what was said before it. */
export interface Asked {
	typed: string;
	environment: string | undefined;
	registry: string | undefined;
}

/** The values of a kind that begin with what is typed; for those of files the shell looks itself. */
export async function valuesOf(of: ValueKind, asked: Asked, context: Context): Promise<Suggestion[]> {
	switch (of) {
		case "environment":
			return fitting(asked.typed, await fromRegistry(asked, context, environments));
		case "site":
			return fitting(asked.typed, await fromRegistry(asked, context, (view) => sites(view, asked.environment)));
		case "user":
			return fromRegistry(asked, context, (view) => users(view, asked));
		case "holder":
			return fromRegistry(asked, context, (view) => holders(view, asked));
		case "activation":
			return fitting(asked.typed, await fromRegistry(asked, context, (view) => applicants(view, asked.environment)));
		case "setting":
			return fitting(asked.typed, await settings());
		case "finding":
			return fitting(asked.typed, await findings());
		case "help-topic":
			return fitting(asked.typed, await helpPages());
		case "browser-backup":
			return fitting(asked.typed, await browserBackups(context));
		case "certificate":
			return fromRegistry(asked, context, (view) => aliases(view, asked));
		case "service":
			return fromRegistry(asked, context, (view) => serviceNames(view, asked));
		case "operator":
			return fitting(asked.typed, await fromRegistry(asked, context, operatorNames));
		case "request":
			return fitting(asked.typed, await fromRegistry(asked, context, requests));
		default:
			return [];
	}
}

function fitting(typed: string, all: Suggestion[]): Suggestion[] {
	const begin = typed.toLowerCase();
	return all.filter(({ value }) => value.toLowerCase().startsWith(begin)).slice(0, most);
}

async function fromRegistry(
	{ registry: location }: Asked,
	context: Context,
	look: (view: RegistryView) => Promise<Suggestion[]>,
): Promise<Suggestion[]> {
	const settings = await context.settings(location === undefined ? {} : { registry: location });
	const registry = await context.registry(settings, { readonly: true });
	return registry.read(look);
}

async function environments(view: RegistryView): Promise<Suggestion[]> {
	return (await listEnvironments(view)).map(({ name, note }) => ({ value: name, summary: note }));
}

async function sites(view: RegistryView, environment: string | undefined): Promise<Suggestion[]> {
	const all = await listSites(view, environment);
	return [...new Map(all.map(({ origin, note }) => [origin, { value: origin, summary: note }])).values()];
}

/** What is a number may be an ID, and how a user is called, too. */
async function holders(view: RegistryView, asked: Asked): Promise<Suggestion[]> {
	const numbers = /^\d+$/.test(asked.typed) ? await ids(view, asked) : [];
	return [...numbers, ...(await users(view, asked))].slice(0, most);
}

/** Those whose account, or whose name alone, begins so. */
async function users(view: RegistryView, { typed, environment }: Asked): Promise<Suggestion[]> {
	if (/[*?]/.test(typed)) return [];
	const found: Suggestion[] = [];
	for await (const chunk of view.allocations({ environment, userPattern: `${typed}*`, limit: most })) {
		for (const { user, id } of chunk) if (user !== null) found.push({ value: user, summary: t`ID ${id}` });
	}
	return found;
}

async function aliases(view: RegistryView, { typed }: Asked): Promise<Suggestion[]> {
	if (/[*?]/.test(typed)) return [];
	const query = { where: { named: `${typed}*` }, order: "alias", limit: most } as const;
	const all = (await Array.fromAsync(view.records(certificates, query))).flat();
	return all.map(({ alias, subject }) => ({ value: alias, summary: subject }));
}

async function serviceNames(view: RegistryView, { typed }: Asked): Promise<Suggestion[]> {
	if (/[*?]/.test(typed)) return [];
	const query = { where: { named: `${typed}*` }, order: "name", limit: most } as const;
	const all = (await Array.fromAsync(view.records(services, query))).flat();
	return all.map(({ name, company }) => ({ value: name, summary: company }));
}

async function operatorNames(view: RegistryView): Promise<Suggestion[]> {
	return (await listOperators(view)).map(({ name, role }) => ({ value: name, summary: role }));
}

async function ids(view: RegistryView, { typed, environment }: Asked): Promise<Suggestion[]> {
	const found: Suggestion[] = [];
	for await (const chunk of view.allocations({ environment })) {
		for (const { id, user } of chunk) {
			if (String(id).startsWith(typed)) found.push({ value: String(id), summary: user });
			if (found.length === most) return found;
		}
	}
	return found;
}

/** Whose activations are recorded, those that are open first. */
async function applicants(view: RegistryView, environment: string | undefined): Promise<Suggestion[]> {
	const { activations } = await import("../../lib/activation/activation.js");
	const all = (await Array.fromAsync(view.records(activations, { environment, order: "due" }))).flat();
	return [...new Map(all.map(({ user, step }) => [user, { value: user, summary: step }])).values()];
}

/** Newest first, as somebody who wants one back thinks of them. */
async function requests(view: RegistryView): Promise<Suggestion[]> {
	const found = new Map<string, Suggestion>();
	for await (const chunk of view.events({ descending: true, limit: most })) {
		for (const { requestKey, command, at } of chunk) {
			if (!found.has(requestKey)) found.set(requestKey, { value: requestKey, summary: `${command}, ${at}` });
		}
	}
	return [...found.values()];
}

async function settings(): Promise<Suggestion[]> {
	const { settingDefinitions } = await import("../../lib/settings/settings.js");
	return Object.entries(settingDefinitions).map(([value, { summary }]) => ({ value, summary }));
}

async function findings(): Promise<Suggestion[]> {
	const { findingKinds } = await import("../../lib/findings.js");
	return findingKinds.map(({ id }) => ({ value: id, summary: null }));
}

async function helpPages(): Promise<Suggestion[]> {
	const { helpTopics } = await import("../../lib/cli/help.js");
	return Object.keys(helpTopics).map((value) => ({ value, summary: null }));
}

async function browserBackups(context: Context): Promise<Suggestion[]> {
	const { backups } = await context.browsers(await context.settings());
	const now = context.host.now().toISOString();
	const all = (await backups.list()).filter(({ expires }) => expires > now);
	const latest = all.length === 0 ? [] : [{ value: "latest", summary: t`The last write` }];
	return [...latest, ...all.map(({ id, profile }) => ({ value: id, summary: `${profile.user}, ${profile.browser}` }))];
}
