/** Many processes that allocate at once: nobody waits long, nobody gets what another has. */
import { startWork, summary, work } from "./harness.mjs";

const many = 16;
const each = 250;

/** @param {import("./run.mjs").Bench} bench */
export async function processes({ report, registries, rounds = 3 }) {
	report.heading(`${many} processes, ${each} allocations each / one process with as many in all`);
	const ratios = [];
	let longest = 0;
	let double = 0;
	for (let round = 0; round < rounds; round++) {
		const registry = registries.copy(1000, "many");
		const workers = Array.from({ length: many }, (_, at) =>
			startWork({ do: "allocate", registry, name: `p${at}`, count: each }),
		);
		await Promise.all(workers.map(({ ready }) => ready));
		const begun = performance.now();
		for (const { go } of workers) go();
		const told = await Promise.all(workers.map(({ done }) => done));
		const together = performance.now() - begun;
		const ids = told.flatMap((worker) => worker.ids);
		double += many * each - new Set(ids).size;
		longest = Math.max(longest, ...told.map((worker) => worker.longest));
		const alone = registries.copy(1000, "alone");
		ratios.push(work({ do: "allocate", registry: alone, name: "p", count: many * each }).ms / together);
	}
	report.ratio(`processes: ${many} at once / one, allocations per second`, summary(ratios));
	report.value("processes: longest wait of all", longest / 1000, " s", { most: 3 });
	report.value("processes: IDs given twice or not at all", double, "", { most: 0 });
}
