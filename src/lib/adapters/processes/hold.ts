import { codeOf } from "../../system-errors.js";

/**
 * Holds a name of this machine as long as this process lives, whatever rights it has: a pipe on Windows, an abstract
 * socket on Linux. The system gives it to one process only, and takes it back when that one dies.
 *
 * Whoever knows the name can hold it too, and so keep others waiting; nothing more.
 *
 * @returns what lets it go; undefined when another process holds it
 */
export async function holdName(name: string): Promise<(() => void) | undefined> {
	const { createHash } = process.getBuiltinModule("node:crypto");
	const { createServer } = process.getBuiltinModule("node:net");
	const short = `cfm-${createHash("sha256").update(name.toLowerCase()).digest("hex").slice(0, 32)}`;
	const server = createServer((peer) => peer.destroy());
	try {
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(process.platform === "win32" ? `\\\\.\\pipe\\${short}` : `\0${short}`, resolve);
		});
	} catch (error) {
		if (["EADDRINUSE", "EACCES"].includes(codeOf(error))) return undefined;
		throw error;
	}
	server.unref();
	return () => void server.close();
}
