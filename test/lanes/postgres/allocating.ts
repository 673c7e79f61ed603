/**
 * A process with several clients of a registry, each with a connection of its own, that allocate one ID after the other and say
 * so line by line, only once it is acknowledged: `did CLIENT NUMBER ID`. What could not be done is `failed CODE HOST`, and
 * asked again, as an administrator would. It ends at the end of stdin, or after `count` of each.
 *
 * They ask under request keys, and repeat the key, or as `ids allocate` does without `--request-id`: that is the ordinary
 * allocation. A process does one of both, since a change under a key flushes the others' ordinary allocations, too.
 */
import { writeSync } from "node:fs";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { CfmError } from "../../../src/lib/errors.js";
import { productOn } from "../../checks/product.js";

export interface Task {
	location: string;
	password: string;
	name: string;
	/** What each client begins with. */
	from: number[];
	count?: number;
	/** Without request keys. */
	ordinary?: boolean;
	/** Ends at the first failure. */
	stops?: boolean;
}

const task = JSON.parse(process.argv[2] ?? "{}") as Task;
const say = (line: string) => writeSync(1, `${line}\n`);
let isOver = false;
let longest = 0;

async function allocate(client: number, from: number): Promise<void> {
	const secrets = { variables: {}, ask: async () => task.password };
	const registry = await open(task.location, { readonly: false, secrets });
	const product = productOn(registry);
	for (let number = from; !isOver && number < from + (task.count ?? Number.POSITIVE_INFINITY); ) {
		const begun = performance.now();
		try {
			const user = `CORP\\${task.name}.${client}.u${number}`;
			const key = task.ordinary ? undefined : `${task.name}-${client}-${number}`;
			say(`did ${client} ${number} ${await product.allocate("default", user, key)}`);
			longest = Math.max(longest, performance.now() - begun);
			number += 1;
		} catch (error) {
			if (!(error instanceof CfmError) || !["busy", "unavailable"].includes(error.kind)) throw error;
			say(`failed ${error.code} ${error.data.host ?? "-"}`);
			if (task.stops) isOver = true;
		}
	}
	await registry.close();
}

process.stdin.resume().once("end", () => {
	isOver = true;
});
Promise.all(task.from.map((from, client) => allocate(client, from))).then(
	() => {
		say(`longest ${Math.round(longest)}`);
		process.exit(0);
	},
	(error) => {
		console.error(error);
		process.exit(1);
	},
);
