import { megabyte } from "./lib/adapters/isolation/cage.js";
import { serveModule } from "./lib/adapters/pkcs11/serve.js";

/**
 * A process that holds one PKCS#11 module for `cfm` (docs/decisions/0042), started by `bin/reader.cjs`. On Linux its limits
 * are set before it starts; on Windows it sets that of memory itself.
 *
 * @param memory how much it may take beyond its start, in megabytes
 */
export async function main(memory: number): Promise<void> {
	if (process.platform === "win32") {
		const { limitThisProcess } = await import("./lib/adapters/windows/lower.js");
		await limitThisProcess(memory * megabyte);
	}
	await serveModule();
}
