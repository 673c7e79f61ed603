import { foldName } from "../../account/fold.js";
import type { AccountState } from "../../account/state.js";
import { t } from "../../text.js";
import { withinPatience } from "./account-names.js";
import { loadWindows, type Windows, wide } from "./native.js";

/** NERR_UserNotFound: who answers for the domain knows no such user. Every other refusal says nothing of the user. */
const userNotFound = 2221;
/** USER_INFO_1, on a 64-bit Windows: its size, and where `usri1_flags` is. */
const userInfo = { level: 1, size: 56, flags: 40 } as const;
/** UF_ACCOUNTDISABLE */
const disabled = 0x2;
/** So many questions at a time: each takes a thread. */
const atOnce = 8;

/**
 * What became of accounts, each `DOMAIN\\name`. A domain's controller is looked for (DsGetDcNameW) and asked for its users
 * (NetUserGetInfo), for the machine's own the machine is. Both return their error themselves: the last error of a thread
 * of the pool is gone when the answer is here, so LookupAccountName can't be asked why it failed.
 *
 * After ten seconds, those of whom no answer came are `unknown`.
 *
 * @param machine the machine's name, which is the domain of its own accounts
 */
export async function accountStates(
	names: readonly string[],
	machine: string,
	load: typeof loadWindows = loadWindows,
): Promise<ReadonlyMap<string, AccountState>> {
	const windows = await load();
	const states = new Map<string, AccountState>();
	const late: AccountState = { is: "unknown", why: t`no answer within 10 s` };
	const controllers = new Map<string, Promise<Controller>>();
	const due = [...new Set(names)];
	const work = async () => {
		for (let name = due.shift(); name !== undefined; name = due.shift()) {
			const asked = name;
			states.set(asked, await stateOf(windows, asked, machine, controllers));
		}
		return true;
	};
	const workers = Promise.all(Array.from({ length: Math.min(atOnce, due.length) }, work));
	await withinPatience<unknown>(workers, windows, undefined);
	// Nobody goes on with the next one when nobody waits for it any more.
	due.length = 0;
	return new Map(names.map((name) => [name, states.get(name) ?? late]));
}

/** Whom to ask for a domain's users: a server, null for this machine, or nobody, by Windows' number of the error. */
type Controller = { server: string | null } | { error: number };

async function stateOf(
	windows: Windows,
	account: string,
	machine: string,
	controllers: Map<string, Promise<Controller>>,
): Promise<AccountState> {
	const [, domain, name] = /^([^\\@]+)\\([^\\@]+)$/.exec(account) ?? [];
	if (domain === undefined || name === undefined)
		return { is: "unknown", why: t`registered without DOMAIN\\name, so nobody can be asked for the account` };
	const key = foldName(domain);
	const isOwn = key === foldName(machine).slice(0, 15);
	const asked = controllers.get(key) ?? (isOwn ? Promise.resolve({ server: null }) : controllerOf(windows, domain));
	controllers.set(key, asked);
	const controller = await asked;
	if ("error" in controller)
		return { is: "unknown", why: t`the domain ${domain} is out of reach (error ${controller.error})` };
	return userOf(windows, controller.server, name, domain);
}

async function controllerOf(windows: Windows, domain: string): Promise<Controller> {
	const find = windows.bind(
		"netapi32",
		"uint32 __stdcall DsGetDcNameW(void *computer, void *domain, void *guid, void *site, uint32 flags, void *info)",
	);
	const info = Buffer.alloc(8);
	const error = await answer(find, null, wide(domain), null, null, 0, info);
	if (error !== 0) return { error };
	// DOMAIN_CONTROLLER_INFOW begins with the controller's name.
	const server = windows.text(windows.memory(info.readBigUInt64LE(), 8).readBigUInt64LE(), 300);
	release(windows, info);
	return { server };
}

async function userOf(windows: Windows, server: string | null, name: string, domain: string): Promise<AccountState> {
	const get = windows.bind(
		"netapi32",
		"uint32 __stdcall NetUserGetInfo(void *server, void *name, uint32 level, void *info)",
	);
	const info = Buffer.alloc(8);
	const error = await answer(get, server === null ? null : wide(server), wide(name), userInfo.level, info);
	if (error === userNotFound) return { is: "gone" };
	if (error !== 0) return { is: "unknown", why: t`the accounts of ${domain} can't be read (error ${error})` };
	const flags = windows.memory(info.readBigUInt64LE(), userInfo.size).readUInt32LE(userInfo.flags);
	release(windows, info);
	return { is: (flags & disabled) === 0 ? "there" : "disabled" };
}

function release(windows: Windows, info: Buffer): void {
	windows.bind("netapi32", "uint32 __stdcall NetApiBufferFree(void *memory)")(info.readBigUInt64LE());
}

/** Calls a function in a thread of the pool. */
async function answer(call: ReturnType<Windows["bind"]>, ...words: unknown[]): Promise<number> {
	const value = await new Promise<number>((resolve, reject) => {
		call.async(...words, (error: unknown, told: number) => (error ? reject(error) : resolve(told)));
	});
	// All of it is held until here: a thread writes into it.
	return words.length > 0 ? value : 0;
}
