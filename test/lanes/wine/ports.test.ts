/** What listens, as Windows' own table tells it. Under Wine it has ports and no processes: unknown, and never nobody. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allTraces, ask, done, installing, machineWithCli, Recorded, traces } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
beforeAll(async () => {
	wine = await machineWithCli();
});
afterAll(() => wine?.dispose());

describe("listeners", () => {
	test("of a client that runs: the port and whose it should be; whose it is could not be told", async () => {
		await done(wine, ["ids", "allocate", wine.user]);
		await done(wine, installing(wine, "ok"));
		expect(await traces(wine, 24251)).toEqual(allTraces(1));
		const { listeners } = await done(wine, ["ports", "list", "--ids-only", "--port", "24251"]);
		console.log(JSON.stringify(listeners));
	});
});
