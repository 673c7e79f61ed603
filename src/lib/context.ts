import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findPlaces, type Places } from "./adapters/files/places.js";
import { readSettingFile, writeSettingFile } from "./adapters/files/setting-file.js";
import type { Shell } from "./cli/shell.js";
import { type ClientProfile, makeClientProfile } from "./client/profile.js";
import { CfmError } from "./errors.js";
import type { Host } from "./host/host.js";
import { type Circumstances, carryOut } from "./operation/carry-out.js";
import type { OutsideOperation, Plan, RegistryOperation } from "./operation/operation.js";
import type { ChangeProgress, Origin, Registry } from "./registry/port.js";
import { lookUp, type SettingKey, type SettingSources } from "./settings/settings.js";
import { refusalOf } from "./system-errors.js";
import { t } from "./text.js";

/**
 * What a running command may reach: its shell, the settings, the registry, the machine, the clock, who asks. Everything is
 * built when it is used; a test hands in a host of its own.
 */
export class Context {
	constructor(
		/** Warnings, questions, progress. */
		readonly shell: Shell,
		readonly host: Host,
	) {}

	/**
	 * Everything a setting can come from, read for this command.
	 *
	 * @param given what the command's own flags say
	 * @param options.adopt a folder of others is about to be taken over
	 * @param options.passBy a machine's folder that this user may not read is no failure
	 * @throws CfmError denied `open-to-others` when what an elevated `cfm` would believe could be anybody's
	 */
	async settings(
		given: SettingSources["flags"] = {},
		options: { adopt?: boolean; passBy?: boolean } = {},
	): Promise<Settings> {
		const { environment } = this.shell.streams;
		const places = findPlaces(environment);
		// On Windows the folder is checked, not each file: these two name programs and places.
		if (
			this.host.platform === "win32" &&
			!options.adopt &&
			[places.machineConfig, clientProfileFile(places)].some((file) => existsSync(file))
		) {
			const { refuseUntrustedFolder } = await import("./adapters/windows/trusted-folder.js");
			await refuseUntrustedFolder(places.home);
		}
		const closed = options.passBy === true && isClosed(places.home);
		return new Settings(places, closed, {
			flags: { registry: this.shell.flags.registry, lang: this.shell.flags.lang, ...given },
			environment,
			user: readSettingFile(places.userConfig),
			machine: closed ? undefined : readSettingFile(places.machineConfig),
			defaultRegistry: places.registry,
		});
	}

	/** Opens the registry; it is closed when the result has been printed. */
	async registry(settings: Settings, options: { readonly: boolean }): Promise<Registry> {
		const registry = await this.host.openRegistry(settings.registryLocation, options);
		this.shell.atEnd(() => registry.close());
		return registry;
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
		if (this.shell.flags["dry-run"]) return undefined;
		try {
			return await this.registry(settings, { readonly: false });
		} catch (error) {
			if (!(error instanceof CfmError) || this.shell.flags["request-id"] !== undefined) throw error;
			if (error.code !== "no-registry") this.shell.warn(t`This change is not in the event log: ${error.message}`);
			return undefined;
		}
	}

	/** Opens a copy of a registry only to look at it; it is closed with the command. */
	async copy(file: string): Promise<Registry> {
		const copy = await (await this.host.registries()).openCopy(file);
		this.shell.atEnd(() => copy.close());
		return copy;
	}

	/** Plan → agree → apply a change of the registry, as the command line says (`--dry-run`, `--yes`, `--request-id` …). */
	async carryOut<P extends Plan, R extends object>(
		operation: RegistryOperation<P, R>,
		registry: Registry,
		progress?: ChangeProgress,
	): Promise<R & { dryRun?: true }> {
		return carryOut(operation, { ...this.circumstances(operation.asked), registry, progress });
	}

	/** The same for a change of something else, of which the registry is told, where there is one. */
	async carryOutOutside<P, D, R extends object>(
		operation: OutsideOperation<P, D, R>,
		registry: Registry | undefined,
	): Promise<R & { dryRun?: true }> {
		const { carryOutOutside } = await import("./operation/carry-out-outside.js");
		return carryOutOutside(operation, { ...this.circumstances(operation.asked), registry });
	}

	private circumstances(asked: unknown): Circumstances {
		return { origin: this.origin(asked), asker: this.shell, dryRun: this.shell.flags["dry-run"] };
	}

	/** Who asks what, from where: what a change is recorded under. @param asked what is asked for, as plain data */
	origin(asked: unknown): Origin {
		const key = this.shell.flags["request-id"];
		return {
			actor: this.host.account(),
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
		readonly sources: SettingSources,
	) {}

	/** One setting's value, or undefined when nobody says it. */
	get(key: SettingKey): string | undefined {
		return lookUp(key, this.sources).value ?? undefined;
	}

	/** The environment that is meant. */
	get environment(): string {
		return this.get("environment") ?? "";
	}

	/** Where the registry is. @throws CfmError usage `registry-not-supported` for anything but a file */
	get registryLocation(): string {
		const location = this.get("registry") ?? this.sources.defaultRegistry;
		const scheme = /^([a-z][a-z\d+.-]+):\/\//i.exec(location)?.[1];
		if (scheme === undefined) return location;
		throw new CfmError(
			"usage",
			"registry-not-supported",
			t`This version of cfm keeps its registry in a file, not at ${scheme}://.`,
			{ hints: [{ say: t`Specify a file:`, line: { again: { registry: { fill: "FILE" } } } }] },
		);
	}

	/** What is believed about the client: what ships, and the administrator's own file over it. */
	clientProfile(): ClientProfile {
		return makeClientProfile(this.closed ? undefined : readSettingFile(this.clientProfileFile));
	}

	/** The administrator's own client profile. */
	get clientProfileFile(): string {
		return clientProfileFile(this.places);
	}

	/** Stores an administrator's own client profile. */
	writeClientProfile(values: Record<string, unknown>): void {
		writeSettingFile(this.clientProfileFile, values);
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
