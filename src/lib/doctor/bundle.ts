import { tryAccount } from "../account/account.js";
import { makeClientProfile } from "../client/profile.js";
import { CfmError } from "../errors.js";
import type { OutFile } from "../host/host.js";
import type { OutsideOperation } from "../operation/operation.js";
import { recordKinds } from "../record-kinds.js";
import { certificates } from "../registered/certificate.js";
import type { Registry, RegistryEvent, RegistryView } from "../registry/registry.js";
import { services } from "../service/service.js";
import { type Setting, type SettingDefinition, settingDefinitions } from "../settings/settings.js";
import { t } from "../text.js";
import type { Examination } from "./doctor.js";
import { type KeptMasks, Masks } from "./mask.js";

/** One file of a bundle: JSON, or a text as it is. */
export interface Evidence {
	file: string;
	/** What it is, in words. */
	what: string;
	/** @throws CfmError when it can't be had; the bundle says so in its place */
	look(): Promise<unknown>;
}

/** The file that keeps what masked names stand for. */
export interface MasksFile {
	path: string;
	read(): unknown;
	write(masks: KeptMasks): void;
}

export interface BundleAnswer {
	/** The bundle; with `--dry-run` where it would be. */
	file: string;
	files: { file: string; what: string }[];
	total: number;
	/** The file that says what the masked names stand for. */
	masks: string;
	/** The findings that it tells of. */
	findings: number;
}

interface BundlePlan {
	files: (OutFile & { what: string })[];
	kept: KeptMasks;
	findings: number;
}

/**
 * `cfm doctor bundle`: what somebody needs who is to help from afar, with names masked.
 *
 * @param request.examine what `doctor` finds; whom that is about decides what else is told
 * @param request.evidence what else, once it is known whom the findings are about
 * @param request.names names that are masked whether or not something shows them to be names
 */
export function bundleEvidence(request: {
	file: string;
	masks: MasksFile;
	examine(): Promise<Examination>;
	evidence(users: readonly string[]): readonly Evidence[];
	names(masks: Masks): Promise<void>;
	write(files: readonly OutFile[]): Promise<string>;
}): OutsideOperation<BundlePlan, string, BundleAnswer> {
	const told = ({ files, findings }: BundlePlan, file: string): BundleAnswer => ({
		file,
		files: files.map(({ file: name, what }) => ({ file: name, what })),
		total: files.length,
		masks: request.masks.path,
		findings,
	});
	return {
		asked: { file: request.file },
		async plan() {
			const masks = new Masks(request.masks.read(), publicHosts());
			const examination = await request.examine();
			const users = [...new Set(examination.findings.flatMap(({ affected }) => affected.users))];
			const looked: { file: string; what: string; seen: unknown }[] = [
				{ file: "doctor.json", what: t`what cfm doctor finds`, seen: examination },
			];
			for (const { file, what, look } of request.evidence(users))
				looked.push({ file, what, seen: await looking(look) });
			await request.names(masks);
			for (const { seen } of looked) masks.learnFrom(seen);
			const files = looked.map(({ file, what, seen }) => ({
				...{ file: masks.text(file), what, encoding: "utf8" as const },
				content: typeof seen === "string" ? masks.text(seen) : `${JSON.stringify(masks.value(seen), null, "\t")}\n`,
			}));
			return { files, kept: masks.kept, findings: examination.total };
		},
		danger: ({ files }) => ({
			question: t`Write these files, with names masked, to ${request.file}?`,
			details: files.map(({ file, what, content }) => `  ${file.padEnd(22)} ${kilobytes(content)}  ${what}`),
		}),
		needed: () => true,
		intent: () => [],
		async apply({ files, kept }) {
			// First: a bundle whose names nobody can find again is of little use here.
			request.masks.write(kept);
			return request.write(files);
		},
		outcome: async () => [],
		answer: (plan, file) => told(plan, file ?? request.file),
	};
}

/** What could be had, or why not. */
async function looking(look: Evidence["look"]): Promise<unknown> {
	try {
		return await look();
	} catch (error) {
		if (error instanceof CfmError) return { unavailable: { code: error.code, message: error.message } };
		throw error;
	}
}

function kilobytes(content: string): string {
	return `${Math.ceil(Buffer.byteLength(content) / 1024)} KB`.padStart(8);
}

/** The vendor's servers that every cfm asks: no secret of anybody's. */
function publicHosts(): Set<string> {
	const { web, directory, certificates } = makeClientProfile(undefined).vendorServers;
	return new Set([...web, ...directory, ...certificates].map((server) => server.replace(/:\d+$/, "").toLowerCase()));
}

/** So many users are told of in full; findings about more are about everybody. */
const mostUsers = 100;
/** So many events of each user, and so many at all. */
const [eventsOfUser, eventsAtAll] = [20, 50];

/** What the registry says of itself: where, how it is kept, what a check counts. */
export async function registryEvidence(registry: Registry): Promise<object> {
	const [info, report] = [await registry.info(), await registry.check(recordKinds)];
	const { problems, checked, remarks } = report;
	return { info, check: { total: problems.length, problems: problems.slice(0, 100), remarks, checked } };
}

/** The last events about these users, and the last ones about anything. */
export async function eventEvidence(
	view: RegistryView,
	environment: string,
	users: readonly string[],
): Promise<{ events: RegistryEvent[]; leftOut: number }> {
	const events = new Map<number, RegistryEvent>();
	const take = async (query: Parameters<RegistryView["events"]>[0]) => {
		for await (const chunk of view.events({ ...query, environment, descending: true })) {
			for (const event of chunk) events.set(event.seq, event);
		}
	};
	await take({ limit: eventsAtAll });
	for (const account of accountsOf(users)) await take({ account, limit: eventsOfUser });
	const inOrder = [...events.values()].toSorted((a, b) => a.seq - b.seq);
	return { events: inOrder, leftOut: Math.max(0, users.length - mostUsers) };
}

/** Learns the names of everybody and everything that the registry names: one may stand in a text that no field announces. */
export async function learnRegistered(view: RegistryView, environment: string, masks: Masks): Promise<void> {
	for (const { name, aliases } of (await view.environment(environment))?.domains ?? [])
		for (const domain of [name, ...aliases]) masks.learn("domain", domain);
	for await (const chunk of view.allocations({ environment }))
		for (const { user, sid } of chunk) masks.learnFrom({ user, sid });
	for await (const chunk of view.records(certificates, {}))
		for (const { alias, owner, wallet, subject } of chunk) masks.learnFrom({ alias, owner, wallet, subject });
	for await (const chunk of view.records(services, {}))
		for (const { name, company, contact } of chunk) masks.learnFrom({ alias: name, company, contact });
}

/** Learns the names in settings: a server, a mail domain, a login, which look like names of nobody. */
export function learnSettings(settings: readonly Pick<Setting, "key" | "value">[], masks: Masks): void {
	for (const { key, value } of settings) {
		if (value === null) continue;
		const { kind }: SettingDefinition = settingDefinitions[key];
		if (kind === "servers") for (const server of value.split(",")) masks.learn("host", server);
		else if (kind === "mail-domain") masks.learn("domain", value);
		else if (key === "notify.login") masks.learn("user", value);
	}
}

/** When this machine and others were looked at last, and what was seen of these users. */
export async function lookEvidence(view: RegistryView, environment: string, users: readonly string[]) {
	const sightings = [];
	for (const account of accountsOf(users)) {
		for await (const chunk of view.sightings({ environment, account })) sightings.push(...chunk);
	}
	return { looks: await view.looks({ environment }), sightings, leftOut: Math.max(0, users.length - mostUsers) };
}

function accountsOf(users: readonly string[]) {
	return users.slice(0, mostUsers).flatMap((user) => {
		const account = tryAccount(user);
		return "problem" in account ? [] : [account];
	});
}
