import type { ProfileFinder } from "./profiles.js";
import type { NamedFolder } from "./scope.js";
import type { WebIdStores } from "./stores.js";

/** Everything that is asked of the browsers of one machine. */
export interface Browsers extends WebIdStores {
	finder: ProfileFinder;
	/**
	 * Where the folder of a profile that an administrator named really is: a slip must not look like a profile that was
	 * never used.
	 *
	 * @throws CfmError not-found `no-folder`, `not-a-profile`; denied `link-of-user`; unavailable `folder-not-read`
	 */
	realFolder(folder: NamedFolder): Promise<NamedFolder>;
	/** What the processes that read users' files can do on this machine and should not. */
	lacks(): Promise<readonly ReaderLack[]>;
}

/**
 * `rights`: they have all rights of whoever runs `cfm`, not only the right to read. `network`: they can reach it.
 * `memory`: only a part of what they take is limited.
 */
export const readerLacks = ["rights", "network", "memory"] as const;
export type ReaderLack = (typeof readerLacks)[number];

/** What reading users' files may take. */
export interface ReadLimits {
	/** For one profile. */
	profileSeconds: number;
	/** For all profiles of one user. */
	userSeconds: number;
	/** Beyond what a reader takes at its start. */
	memoryMegabytes: number;
	/** For what is told of one profile. */
	answerMegabytes: number;
}

const usualLimits: ReadLimits = {
	profileSeconds: 10,
	userSeconds: 60,
	memoryMegabytes: 200,
	answerMegabytes: 1,
};

/** The limits that settings say. */
export function readLimits(settings: {
	get(key: "web.profile-timeout" | "web.user-timeout" | "web.memory" | "web.answer-size"): string | undefined;
}): ReadLimits {
	const number = (key: Parameters<typeof settings.get>[0], usual: number) => Number(settings.get(key) ?? usual);
	return {
		profileSeconds: number("web.profile-timeout", usualLimits.profileSeconds),
		userSeconds: number("web.user-timeout", usualLimits.userSeconds),
		memoryMegabytes: number("web.memory", usualLimits.memoryMegabytes),
		answerMegabytes: number("web.answer-size", usualLimits.answerMegabytes),
	};
}
