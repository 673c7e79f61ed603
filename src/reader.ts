import { answer, type ReaderNews } from "./lib/adapters/browsers/answer.js";
import type { ReaderRequest } from "./lib/adapters/browsers/requests.js";
import { answerOfClient, type TrustsRoot } from "./lib/adapters/client-readers/answer.js";
import { isOfClient } from "./lib/adapters/client-readers/requests.js";
import type { Owner } from "./lib/adapters/isolation/become.js";
import { megabyte } from "./lib/adapters/isolation/cage.js";
import { type Asked, serve } from "./lib/adapters/isolation/serve.js";
import { known } from "./lib/known.js";
import type { ReaderLack } from "./lib/webid/browsers.js";
import type { BrowserPolicies } from "./lib/webid/forgetting.js";
import type { ProfileFinder } from "./lib/webid/profiles.js";

/**
 * A process that reads users' files for another `cfm`, which gives it as few rights as it can (`bin/reader.cjs`); or one that
 * changes them (docs/decisions/0033).
 *
 * @param memory how much it may take beyond its start, in megabytes
 * @param role `lower`: it reads, and must give up rights itself; `write`, `edit`, `judge` or `pdf`, with the account that it
 *   becomes: it changes files, or databases that it is handed, or judges certificates or reads PDF files that it is handed;
 *   nothing: it reads
 */
export async function main(memory: number, [role, uid, gid]: readonly string[]): Promise<void> {
	const owner = uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
	if (role === "write") return write(memory, owner);
	if (role === "edit") return edit(memory, owner);
	if (role === "judge") return judge(memory, owner);
	if (role === "pdf") return readPdfs(memory, owner);
	const respond = await responder();
	// Last, when all is loaded: what comes now has the rights of the worst file it will be asked about.
	const lacks = role === "lower" ? await lower(memory) : [];
	await serve(lacks, memory * megabyte, ({ request, news, call }) => respond(request, news, call));
}

/** What answers requests; the build asks it a few, so that what they need is in the cached code. */
export async function responder(): Promise<(request: unknown, news: unknown, call: Asked["call"]) => Promise<unknown>> {
	const { finder, policies, trustsRoot } = await machineHere();
	return (request, news, call) =>
		isOfClient(request)
			? answerOfClient(request, call, trustsRoot)
			: answer(request as ReaderRequest, news as ReaderNews | undefined, finder, policies, call);
}

async function write(memory: number, owner: Owner | undefined): Promise<void> {
	if (process.platform === "win32") await holdFolders();
	const { serveHand } = await import("./lib/adapters/browsers/serve-changes.js");
	await serveHand(memory * megabyte, owner);
}

/** Windows holds users' folders by calls that Node does not have. */
async function holdFolders(): Promise<void> {
	await (await import("./lib/adapters/windows/hold-folder.js")).holdFoldersHere();
}

async function edit(memory: number, nobody: Owner | undefined): Promise<void> {
	const { serveEditor } = await import("./lib/adapters/browsers/serve-changes.js");
	await serveEditor(memory * megabyte, nobody, () => (process.platform === "win32" ? lower(memory) : []));
}

async function judge(memory: number, nobody: Owner | undefined): Promise<void> {
	const { serveCertificates } = await import("./lib/adapters/openssl/serve.js");
	await serveCertificates(memory * megabyte, nobody, () => (process.platform === "win32" ? lower(memory) : []));
}

async function readPdfs(memory: number, nobody: Owner | undefined): Promise<void> {
	const { servePdfs } = await import("./lib/adapters/pdfium/serve.js");
	await servePdfs(memory * megabyte, nobody, () => (process.platform === "win32" ? lower(memory) : []));
}

async function lower(memory: number): Promise<ReaderLack[]> {
	return (await import("./lib/adapters/windows/lower.js")).lowerThisProcess(memory * megabyte);
}

/** What this machine has to be asked for beside files. */
interface MachineHere {
	finder: ProfileFinder;
	policies: BrowserPolicies;
	trustsRoot: TrustsRoot;
}

async function machineHere(): Promise<MachineHere> {
	if (process.platform !== "win32") {
		const [{ linuxBrowserProfiles: finder }, { linuxBrowserPolicies }] = await Promise.all([
			import("./lib/adapters/linux/browser-profiles.js"),
			import("./lib/adapters/linux/browser-policies.js"),
		]);
		// Only Windows has such a store.
		return { finder, policies: linuxBrowserPolicies(), trustsRoot: async () => known(false) };
	}
	const [{ WindowsBrowserProfiles }, { WindowsBrowserPolicies }, { WindowsRegistry }] = await Promise.all([
		import("./lib/adapters/windows/browser-profiles.js"),
		import("./lib/adapters/windows/browser-policies.js"),
		import("./lib/adapters/windows/registry.js"),
	]);
	const [registry] = await Promise.all([WindowsRegistry.open(), holdFolders()]);
	return {
		finder: new WindowsBrowserProfiles(registry),
		policies: new WindowsBrowserPolicies(registry),
		// Node's cryptography is in its own program, and takes a while: it is loaded when a certificate is asked about.
		async trustsRoot(hive, name) {
			const { isInUsersStore } = await import("./lib/adapters/windows/root-store.js");
			return isInUsersStore(registry, { user: hive }, name);
		},
	};
}
