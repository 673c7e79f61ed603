import type { LocalUser } from "../../client/machine.js";
import { refusalOf } from "../../system-errors.js";
import type { Found, ProfileFinder } from "../../webid/profiles.js";
import { faultText, Unfit } from "../user-files/unfit.js";
import { UserHome } from "../user-files/user-home.js";

/**
 * Searches each user's home, held open. What nobody foresaw in one is told of that user: the search in the others' goes
 * on.
 *
 * @param gone why a home may not be there
 */
export function eachUserApart(
	gone: () => string,
	find: (user: LocalUser, home: UserHome) => AsyncIterable<Found>,
): ProfileFinder {
	return {
		async *find(user) {
			let home: UserHome | undefined;
			try {
				home = UserHome.open(user.profileFolder);
				yield* find(user, home);
			} catch (error) {
				if (!(error instanceof Unfit)) yield missingHome(user, faultText(error));
				else if (refusalOf(error.cause) === "gone") yield missingHome(user, gone());
				else yield missingHome(user, error.message, error.state === "denied" ? "denied" : "unreachable");
			} finally {
				home?.close();
			}
		},
	};
}

/** A home that nobody could look into. */
export function missingHome(user: LocalUser, why: string, state: "denied" | "unreachable" = "unreachable"): Found {
	const { account, sid, profileFolder: path } = user;
	return { missing: { user: account, sid, browser: null, path, state, why } };
}
