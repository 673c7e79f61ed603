import { relate } from "../account/whose.js";
import { type Environment, requireEnvironment } from "../environment/environment.js";
import { foldedAscii } from "../registry/name.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { ImportedId, ImportRequest, Refusal } from "./import.js";
import { full } from "./lowest.js";

/** A line whose ID cannot be, and where it was to be. */
export interface Clash {
	row: ImportedId;
	target: Target;
}

/** The environments that an import's lines are for, each found once. */
export class ImportTargets {
	private readonly targets = new Map<string, Target | undefined>();

	private constructor(
		private readonly view: RegistryView,
		private readonly request: Pick<ImportRequest, "obstacle">,
		/** Where the IDs are of which the file says nothing. */
		readonly usual: Environment,
	) {
		this.targets.set(foldedAscii(usual.name), new Target(usual));
	}

	/** @throws CfmError not-found `no-environment` of the request */
	static async of(
		view: RegistryView,
		request: Pick<ImportRequest, "environment" | "obstacle">,
	): Promise<ImportTargets> {
		return new ImportTargets(view, request, await requireEnvironment(view, request.environment));
	}

	async find(name = this.usual.name): Promise<Target | { problem: string }> {
		const key = foldedAscii(name);
		if (!this.targets.has(key)) {
			const environment = await this.view.environment(name);
			this.targets.set(key, environment && new Target(environment));
		}
		return this.targets.get(key) ?? { problem: t`there is no environment ${name}` };
	}

	/**
	 * The lowest IDs that are free, nowhere in the file, and usable, for lines whose own clash; to be asked when all lines
	 * were seen.
	 *
	 * @throws CfmError conflict `range-full`
	 */
	async renumber(clashes: readonly Clash[]): Promise<(Clash & { id: number })[]> {
		const renumbered: (Clash & { id: number })[] = [];
		for (const target of new Set(clashes.map((clash) => clash.target))) {
			const own = clashes.filter((clash) => clash.target === target);
			const ids = await this.lowest(target, own);
			renumbered.push(...own.map((clash, at) => ({ ...clash, id: ids[at] as number })));
		}
		return renumbered;
	}

	private async lowest({ environment, ids: claimed }: Target, clashes: readonly Clash[]): Promise<number[]> {
		const ids: number[] = [];
		for (let count = clashes.length + claimed.size + 1, looked = 0; ; count *= 2) {
			const free = await this.view.lowestFree(environment.name, count);
			for (const id of free.slice(looked)) {
				const account = clashes[ids.length]?.row.account;
				if (account === undefined) return ids;
				if (!claimed.has(id) && !(await this.request.obstacle?.(environment, id, account))) ids.push(id);
			}
			if (ids.length === clashes.length) return ids;
			if (free.length < count) throw full(environment, clashes.length, ids.length);
			looked = free.length;
		}
	}
}

/** One environment, and what the lines that were seen want of it. */
export class Target {
	/** The line that has each ID. */
	readonly ids = new Map<number, number>();
	private readonly users = new Map<string, ImportedId[]>();
	private readonly sids = new Map<string, ImportedId>();

	constructor(readonly environment: Environment) {}

	/** What stands against a line by what the file alone says; each line is asked about once, in order. */
	refuse(row: ImportedId): Refusal | undefined {
		const { id } = row;
		const { firstId, lastId } = this.environment;
		const twin = this.ids.get(id);
		if (twin === undefined) this.ids.set(id, row.line);
		const other = row.state === "allocated" ? this.earlier(row) : undefined;
		if (other !== undefined) return { problem: t`${row.account?.spelling ?? ""} is also on line ${other.line}` };
		if (twin !== undefined) return { problem: t`ID ${id} is also on line ${twin}`, isClash: true };
		const isInRange = id >= firstId && id <= lastId;
		return isInRange ? undefined : { problem: t`ID ${id} is outside ${firstId} to ${lastId}`, isClash: true };
	}

	/** The line that gives this user an ID already; many can have had one. */
	private earlier(row: ImportedId): ImportedId | undefined {
		const { account } = row;
		if (account === null) return undefined;
		const namesakes = this.users.get(account.name) ?? [];
		const other =
			(account.sid === undefined ? undefined : this.sids.get(account.sid)) ??
			namesakes.find((one) => one.account && relate(account, one.account, this.environment.domains) !== "different");
		if (account.sid !== undefined && other === undefined) this.sids.set(account.sid, row);
		if (namesakes.length > 0) namesakes.push(row);
		else this.users.set(account.name, [row]);
		return other;
	}
}
