import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { refuseOpenToOthers } from "./adapters/files/guard.js";
import { alsoOurs, findPlaces, type Places } from "./adapters/files/places.js";
import { readSettingFile, writeSettingFile } from "./adapters/files/setting-file.js";
import type { Shell } from "./cli/shell.js";
import { type ClientProfile, makeClientProfile } from "./client/profile.js";
import { CfmError } from "./errors.js";
import type { Host } from "./host/host.js";
import { log } from "./log.js";
import { type Circumstances, carryOut } from "./operation/carry-out.js";
import type { OutsideOperation, Plan, RegistryOperation } from "./operation/operation.js";
import type { PromisedId } from "./registry/as-given.js";
import { clockDoubt } from "./registry/clock.js";
import { checkLocation, isOnServer } from "./registry/location.js";
import type { Place } from "./registry/move.js";
import { foldedAscii } from "./registry/name.js";
import type { RegistryProvider, Secrets } from "./registry/provider.js";
import type { Act, Attribution, Change, ChangeProgress, Registry } from "./registry/registry.js";
import { type Role, refusing } from "./registry/role.js";
import {
	listSettings,
	lookUp,
	type SettingKey,
	type SettingSources,
	serversIn,
	settingFlag,
} from "./settings/settings.js";
import { refusalOf } from "./system-errors.js";
import { t } from "./text.js";
import { type Browsers, readLimits } from "./webid/browsers.js";
import { refusalFor, roleFor } from "./who-may.js";

/**
 * What a running command may reach: its shell, the settings, the registry, the machine, the clock, who asks. Everything is
 * built when it is used; a test hands in a host of its own.
 */
export class Context {
	/** The settings of this command, once they were read. */
	private read: Settings | undefined;
	/** Why this command is not for whoever asks. Also where it went on without the registry, it ends with this. */
	refusal: CfmError | undefined;
	/** The password that somebody typed. */
	private typed: Promise<string> | undefined;

	constructor(
		/** Warnings, questions, progress. */
		readonly shell: Shell,
		readonly host: Host,
		/** IDs that plans before this command's give: to plan as if they were given. */
		private readonly promised: readonly PromisedId[] = [],
	) {}

	/**
	 * Everything a setting can come from, read for this command.
	 *
	 * @param given what the command's own flags say
	 * @param options.adopt a folder of others is about to be taken over
	 * @param options.passBy a machine's folder that this user may not read is no failure
	 * @param options.keepDistrust one that may not be believed is no failure either: nothing in it is, and the refusal is
	 *   kept, for whoever tells what is wrong here
	 * @throws CfmError denied `open-to-others` when what an elevated `cfm` would believe could be anybody's
	 */
	async settings(
		given: SettingSources["flags"] = {},
		options: { adopt?: boolean; passBy?: boolean; keepDistrust?: boolean } = {},
	): Promise<Settings> {
		const { variables } = this.shell.streams;
		const places = findPlaces(variables);
		const closed = options.passBy === true && isClosed(places.home);
		const distrust = await this.distrustOf(places, options);
		if (distrust !== undefined && !options.keepDistrust) throw distrust;
		const settings = new Settings(places, closed, distrust, {
			flags: { registry: this.shell.flags.registry, lang: this.shell.flags.lang, ...given },
			variables,
			user: readSettingFile(places.userConfig),
			machine: closed || distrust ? undefined : readSettingFile(places.machineConfig),
			defaultRegistry: places.registry,
		});
		log(() => {
			const said = listSettings(settings.sources).filter(({ source }) => source !== "default");
			return `settings: ${said.map(({ key, value, source }) => `${key}=${value} (${source})`).join(", ") || "defaults"}`;
		});
		this.read = settings;
		return settings;
	}

	/** Why nothing in cfm's own folder may be believed; undefined when nothing stands against it. */
	private async distrustOf(
		places: Places,
		{ adopt, keepDistrust }: { adopt?: boolean; keepDistrust?: boolean },
	): Promise<CfmError | undefined> {
		// These name programs and places, or hold a key.
		const own = [places.machineConfig, clientProfileFile(places), masksFile(places)].filter((file) => existsSync(file));
		if (own.length === 0) return undefined;
		try {
			if (this.host.platform !== "win32") {
				// Elsewhere each file is checked when it is read.
				if (keepDistrust) for (const file of own) refuseOpenToOthers(file);
			} else if (!adopt) {
				const { refuseUntrustedFolder } = await import("./adapters/windows/trusted-folder.js");
				await refuseUntrustedFolder(places.home);
			}
			return undefined;
		} catch (error) {
			if (error instanceof CfmError && error.code === "open-to-others") return error;
			throw error;
		}
	}

	/** Opens the registry; it is closed when the result has been printed. */
	async registry(settings: Settings, options: { readonly: boolean }): Promise<Registry> {
		const location = settings.registryLocation;
		log(() => `registry ${location}${options.readonly ? ", to read" : ""}`);
		const registry = await this.host.openRegistry(location, { ...options, secrets: this.secrets });
		log(() => "registry open");
		if (settings.places.ofCheckout && lookUp("registry", settings.sources).source === "default")
			this.shell.warn(t`cfm runs from its source checkout; the registry is ${location}.`);
		if (!isOnServer(location)) alsoOurs(dirname(resolve(location)));
		this.shell.atEnd(() => registry.close());
		await this.refuseOthers(registry, settings);
		// A change is refused for it.
		if (options.readonly && registry.doubt !== undefined) this.shell.warn(registry.doubt.message);
		if (this.promised.length === 0) return registry;
		const { asGiven } = await import("./registry/as-given.js");
		return asGiven(registry, this.promised);
	}

	/**
	 * The registry, or undefined when this user may not read it, or not even what the machine's folder says of where it is.
	 *
	 * @throws CfmError as `registry` for everything else
	 */
	async registryIfAllowed(settings: Settings, options: { readonly: boolean }): Promise<Registry | undefined> {
		try {
			return await this.registry(settings, options);
		} catch (error) {
			const closed = ["registry-not-readable", ...(settings.closed ? ["no-registry"] : [])];
			if (error instanceof CfmError && closed.includes(error.code)) return undefined;
			throw error;
		}
	}

	/**
	 * The registry, for a change that must go on without one; undefined when there is none, or it cannot be written now.
	 * What could not be recorded is said.
	 */
	async registryForEvents(settings: Settings): Promise<Registry | undefined> {
		const readonly = this.shell.flags["dry-run"] === true;
		try {
			const registry = await this.registry(settings, { readonly });
			return readonly ? undefined : registry;
		} catch (error) {
			if (this.refusal !== undefined) throw this.refusal;
			if (!(error instanceof CfmError)) throw error;
			if (readonly) return undefined;
			if (this.shell.flags["request-id"] !== undefined) throw error;
			if (error.code !== "no-registry") this.shell.warn(t`This change is not in the event log: ${error.message}`);
			return undefined;
		}
	}

	/** This machine's browsers, read within the limits that the settings say. */
	browsers(settings: Settings): Promise<Browsers> {
		return this.host.browsers(settings.places.home, readLimits(settings));
	}

	/** Opens a copy of a registry only to look at it; it is closed with the command. */
	async copy(file: string): Promise<Registry> {
		const copy = await (await this.host.registries(file, this.secrets)).openCopy(file);
		this.shell.atEnd(() => copy.close());
		return copy;
	}

	/** A registry as one end of a move. @throws CfmError usage `registry-not-supported`, `password-in-address` */
	async place(named: string, settings: Settings): Promise<Place> {
		const location = isOnServer(checkLocation(named)) ? named : resolve(named);
		const secrets = this.secrets;
		await this.refuseOthersAt(location, settings);
		return {
			location,
			registries: await this.host.registries(location, secrets),
			open: () => this.host.openRegistry(location, { readonly: true, secrets }),
		};
	}

	/** What makes, updates, copies and replaces the registry. */
	async registries(settings: Settings): Promise<RegistryProvider> {
		await this.refuseOthersAt(settings.registryLocation, settings);
		return this.host.registries(settings.registryLocation, this.secrets);
	}

	/** What a registry on a server needs to be opened, beside where it is. Nobody is asked twice. */
	private get secrets(): Secrets {
		const { flags, streams, canAsk } = this.shell;
		const ask = (question: string) => {
			this.typed ??= this.shell.askSecret(question);
			return this.typed;
		};
		return {
			variables: streams.variables,
			passwordFile: flags["password-file"],
			ask: canAsk ? ask : undefined,
		};
	}

	/** The same for what is done with a registry as a whole. One that cannot be read can't tell who may. */
	private async refuseOthersAt(location: string, settings: Settings): Promise<void> {
		let registry: Registry;
		try {
			registry = await this.host.openRegistry(location, { readonly: true, secrets: this.secrets });
		} catch {
			return;
		}
		try {
			await this.refuseOthers(registry, settings);
		} catch (error) {
			if (error === this.refusal) throw error;
		} finally {
			await registry.close();
		}
	}

	/**
	 * Refuses whoever may not do this, before anything is done: the one place that asks for roles.
	 *
	 * @throws CfmError denied `role-needed`
	 */
	private async refuseOthers(registry: Registry, settings: Settings, needed?: Role): Promise<void> {
		this.refusal = await refusalFor(registry, this.shell, this.host, needed);
		if (this.refusal === undefined) return;
		await this.tellRefusal(registry, settings, this.refusal);
		throw this.refusal;
	}

	/** A refusal is kept wherever whoever was refused may write. */
	private async tellRefusal(registry: Registry, settings: Settings, { data }: CfmError): Promise<void> {
		const { command, flags } = this.shell;
		const { needed, account, role } = data;
		const told = { needed, account, role };
		log(() => `refused: ${JSON.stringify({ command, ...told })}`);
		if (flags["dry-run"]) return;
		const attribution = await this.attribution({});
		// Under a key of its own: the request may come again from somebody who may.
		const own = { ...attribution, requestKey: madeKey(this.host.now()), repeatable: false, fingerprint: "" };
		const act: Act = {
			...{ of: "act", action: refusing, environment: "", subject: attribution.actor, id: null },
			...{ before: null, after: { command, ...told } },
		};
		try {
			const { location } = registry;
			const writable = await this.host.openRegistry(location, { readonly: false, secrets: this.secrets });
			try {
				await writable.change(own, (transaction) => transaction.apply([act], own));
			} finally {
				await writable.close();
			}
		} catch (error) {
			log(() => `the refusal is not in the event log: ${String(error)}`);
		}
		await this.report(settings, `cfm ${command}\n${JSON.stringify({ refused: told })}`);
	}

	/** Plan → agree → apply a change of the registry, as the command line says (`--dry-run`, `--yes`, `--request-id` …). */
	async carryOut<P extends Plan, R extends object>(
		operation: RegistryOperation<P, R>,
		registry: Registry,
		progress?: ChangeProgress,
	): Promise<R & { dryRun?: true }> {
		await this.warnOfClock(registry);
		const circumstances = await this.circumstances(operation.asked);
		const mayMake = async (changes: readonly Change[]) => {
			if (this.shell.definition.role !== "as-done" || this.read === undefined) return;
			const needed = roleFor(changes);
			if (needed !== undefined) await this.refuseOthers(registry, this.read, needed);
		};
		return this.told(circumstances, carryOut(operation, { ...circumstances, registry, progress, mayMake }));
	}

	/** The same for a change of something else, of which the registry is told, where there is one. */
	async carryOutOutside<P, D, R extends object>(
		operation: OutsideOperation<P, D, R>,
		registry: Registry | undefined,
	): Promise<R & { dryRun?: true }> {
		const { carryOutOutside } = await import("./operation/carry-out-outside.js");
		const circumstances = await this.circumstances(operation.asked);
		return this.told(circumstances, carryOutOutside(operation, { ...circumstances, registry }));
	}

	/** Tells the logs how a change went: cfm's own, and where an administrator wants that, Windows'. */
	private async told<R>({ attribution, dryRun }: Circumstances, change: Promise<R>): Promise<R> {
		log(
			() =>
				`request ${attribution.requestKey} of ${attribution.actor} on ${attribution.machine}${dryRun ? ", only planned" : ""}`,
		);
		const answer = await change;
		log(() => `answered ${attribution.requestKey}`);
		if (!dryRun && this.read !== undefined) {
			const { command, actor, machine, requestKey } = attribution;
			const failed = await this.report(
				this.read,
				`cfm ${command}\n${JSON.stringify({ actor, machine, requestKey, answer })}`,
			);
			if (failed !== undefined) this.shell.warn(t`This change is not in the event log of Windows: ${failed}`);
		}
		return answer;
	}

	/** Tells Windows' log, where an administrator wants that. @returns why it is not there */
	private async report(settings: Settings, text: string): Promise<string | undefined> {
		if (settings.get("log.event-log") !== "yes") return undefined;
		try {
			// Windows takes 31,839 characters.
			await this.host.reportEvent?.(text.slice(0, 31_000));
			return undefined;
		} catch (error) {
			return String(error);
		}
	}

	/** Says so when the clock can't be right: times and quarantines of the change rest on it. */
	private async warnOfClock(registry: Registry): Promise<void> {
		const now = this.host.now();
		const doubt = await registry.read((view) => clockDoubt(view, now));
		if (doubt === undefined) return;
		const [clock, { last }] = [now.toISOString(), doubt];
		this.shell.warn(
			doubt.is === "behind"
				? t`This machine's clock says ${clock}, but the last event was recorded at ${last}. Check the clock. Quarantines are counted from the later time.`
				: t`This machine's clock says ${clock}, and the last event was recorded at ${last}. Check the clock. No quarantine ends with this change.`,
		);
	}

	private async circumstances(asked: unknown): Promise<Circumstances> {
		return { attribution: await this.attribution(asked), asker: this.shell, dryRun: this.shell.flags["dry-run"] };
	}

	/** Who asks what, from where: what a change is recorded under. @param asked what is asked for, as plain data */
	async attribution(asked: unknown): Promise<Attribution> {
		const key = this.shell.flags["request-id"];
		return {
			actor: await this.host.account(this.shell.streams.variables),
			machine: this.host.name(),
			command: this.shell.command,
			requestKey: key ?? madeKey(this.host.now()),
			repeatable: key !== undefined,
			fingerprint: key === undefined ? "" : JSON.stringify([this.shell.command, asked]),
		};
	}
}

/** The settings as this command sees them, and the files they are kept in. */
export class Settings {
	constructor(
		readonly places: Places,
		/** The machine's folder is closed to this user, and was passed by: what it says is not known. */
		readonly closed: boolean,
		/** Why nothing in the machine's folder was believed, where that stops nothing. */
		readonly distrust: CfmError | undefined,
		readonly sources: SettingSources,
	) {}

	/** One setting's value, or undefined when nobody says it. */
	get(key: SettingKey): string | undefined {
		return lookUp(key, this.sources).value ?? undefined;
	}

	/** Where a setting's value was said, in words: its flag, a variable, or the setting with its file. */
	saidIn(key: SettingKey): string {
		const { source, origin } = lookUp(key, this.sources);
		if (source === "flag") return settingFlag(key);
		return source === "environment" ? (origin ?? "") : t`${key} in ${origin ?? ""}`;
	}

	/** The environment that is meant. */
	get environment(): string {
		return this.get("environment") ?? "";
	}

	/** Where the registry is. @throws CfmError usage `registry-not-supported`, `password-in-address` */
	get registryLocation(): string {
		return checkLocation(this.get("registry") ?? this.sources.defaultRegistry);
	}

	/** What is believed about the client: what ships, the administrator's own file over it, and settings over both. */
	clientProfile(): ClientProfile {
		const profile = makeClientProfile(
			this.closed || this.distrust ? undefined : readSettingFile(this.clientProfileFile),
		);
		const said = (key: SettingKey) => {
			const value = this.get(key);
			return value === undefined ? undefined : serversIn(value);
		};
		const { web, directory, certificates } = profile.vendorServers;
		const vendorServers = {
			web: said("doctor.web-servers") ?? web,
			directory: said("doctor.directory-servers") ?? directory,
			certificates: said("doctor.certificate-servers") ?? certificates,
		};
		return { ...profile, vendorServers };
	}

	/** The administrator's own client profile. */
	get clientProfileFile(): string {
		return clientProfileFile(this.places);
	}

	/** Stores an administrator's own client profile. */
	writeClientProfile(values: Record<string, unknown>): void {
		writeSettingFile(this.clientProfileFile, values);
	}

	/** What was found here earlier in this environment. */
	baseline(): { path: string; read(): unknown; write(values: object): void } {
		const path = join(this.places.home, `doctor-baseline-${encodeURIComponent(foldedAscii(this.environment))}.json`);
		return {
			path,
			read: () => readSettingFile(path)?.values,
			write: (values) => writeSettingFile(path, { ...values }),
		};
	}

	/** What masked names in bundles stand for. */
	masks(): { path: string; read(): unknown; write(values: object): void } {
		const path = masksFile(this.places);
		return {
			path,
			read: () => readSettingFile(path)?.values,
			write: (values) => writeSettingFile(path, { ...values }),
		};
	}

	/** The file that holds the user's or the machine's settings, and what it says of one. */
	stored(key: SettingKey, options: { machine: boolean }): { file: string; value: string | null } {
		const file = options.machine ? this.places.machineConfig : this.places.userConfig;
		const value = readSettingFile(file)?.values[key];
		return { file, value: value === undefined ? null : String(value) };
	}

	/** Sets one setting in a file; `undefined` forgets it. */
	store(file: string, key: SettingKey, value: string | number | undefined): void {
		const { [key]: _, ...others } = { ...readSettingFile(file)?.values };
		writeSettingFile(file, value === undefined ? others : { ...others, [key]: value });
	}
}

function clientProfileFile(places: Places): string {
	return join(places.home, "client-profile.json");
}

function masksFile(places: Places): string {
	return join(places.home, "doctor-masks.json");
}

/** Whether a folder is there and this user may not look into it. */
function isClosed(folder: string): boolean {
	try {
		readdirSync(folder);
		return false;
	} catch (error) {
		return refusalOf(error) === "denied";
	}
}

/** A key nobody else makes: time first, so that keys sort by age; need not be hard to guess. */
function madeKey(now: Date): string {
	return `${now.getTime().toString(36)}-${process.pid.toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
}
