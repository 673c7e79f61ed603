import type { Owner } from "./lib/adapters/isolation/become.js";
import { megabyte } from "./lib/adapters/isolation/cage.js";
import { serveMessages } from "./lib/adapters/pkijs/serve.js";
import type { ReaderLack } from "./lib/webid/browsers.js";

/**
 * A process that reads signed messages for `cfm` (docs/decisions/0049), started by `bin/reader.cjs`. It has a bundle of its
 * own: what reads users' files must start without it.
 *
 * @param memory how much it may take beyond its start, in megabytes
 * @param account whom it becomes
 */
export async function main(memory: number, [uid, gid]: readonly string[]): Promise<void> {
	const nobody: Owner = { uid: Number(uid), gid: Number(gid) };
	await serveMessages(memory * megabyte, nobody, () => (process.platform === "win32" ? lower(memory) : []));
}

async function lower(memory: number): Promise<ReaderLack[]> {
	return (await import("./lib/adapters/windows/lower.js")).lowerThisProcess(memory * megabyte);
}
