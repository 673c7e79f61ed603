import type { LocalUser } from "../../client/ports.js";
import type { Found, ProfileFinder } from "../../webid/profiles.js";
import { faultText } from "../profile-files/unfit.js";

/** What nobody foresaw in one user's home is told of that user: the search in the others' goes on. */
export function eachUserApart(find: (user: LocalUser) => AsyncIterable<Found>): ProfileFinder {
	return {
		async *find(user) {
			try {
				yield* find(user);
			} catch (error) {
				const { account, sid, profileFolder: path } = user;
				yield { missing: { user: account, sid, browser: null, path, state: "unreachable", why: faultText(error) } };
			}
		},
	};
}
