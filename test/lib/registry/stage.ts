import Database from "better-sqlite3";
import { tools } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { migrate } from "../../../src/lib/adapters/registry-sqlite/schema.js";
import { SqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/store.js";
import type { SqlDatabase } from "../../../src/lib/adapters/sqlite/database.js";
import type { Environment } from "../../../src/lib/environment/environment.js";
import type { Allocation } from "../../../src/lib/id/allocation.js";
import type { Change, Registry, RegistryView } from "../../../src/lib/registry/registry.js";
import {
	anAllocation,
	anEnvironment,
	aReservation,
	aRest,
	collect,
	environmentChange,
	idChange,
	make,
} from "../../contract/store.js";

/** The moment at which the planners of a test plan. */
export const now = new Date("2026-03-10T12:00:00.000Z");
const earlier = "2026-01-01T00:00:00.000Z";
export const resting = "2026-03-20T12:00:00.000Z";
export const rested = "2026-03-10T12:00:00.000Z";

/** A registry in memory for tests of the domain: real SQL, no disk. */
export class Stage {
	private constructor(readonly registry: Registry) {}

	/**
	 * @param ids what is not free: `CORP\\ana`, `(reserved)`, `CORP\\ben until 2026-03-20…`
	 */
	static async set(own: Partial<Environment> = {}, ids: Readonly<Record<number, string>> = {}): Promise<Stage> {
		const database = new Database(":memory:") as unknown as SqlDatabase;
		migrate(database);
		const registry = new SqliteRegistry(database, ":memory:", tools);
		const environment = anEnvironment({ lastId: 10, ...own });
		const rows = Object.entries(ids).map(([id, text]) => toRow(environment.name, Number(id), text));
		await make(registry, [environmentChange(null, environment), ...rows.map((row) => idChange(null, row))]);
		return new Stage(registry);
	}

	plan<P>(planner: (view: RegistryView) => Promise<P>): Promise<P> {
		return this.registry.read(planner);
	}

	/** Applies a plan and answers it. */
	async carry<P extends { changes: Change[] }>(planner: (view: RegistryView) => Promise<P>): Promise<P> {
		const plan = await this.plan(planner);
		await make(this.registry, plan.changes);
		return plan;
	}

	/** What is not free, a line each, in the words of `set`. */
	async rows(environment = "default"): Promise<string[]> {
		const rows = await this.registry.read((view) => collect(view.allocations({ environment })));
		return rows.map(({ id, user, state, until }) => {
			if (state === "reserved") return `${id} (reserved)`;
			return state === "quarantined" ? `${id} ${user} until ${until}` : `${id} ${user}`;
		});
	}
}

function toRow(environment: string, id: number, text: string): Allocation {
	const [user = "", until] = text.split(" until ");
	const own = { environment, user, since: earlier };
	if (text === "(reserved)") return aReservation(id, { environment, since: earlier });
	return until === undefined ? anAllocation(id, own) : aRest(id, until, own);
}
