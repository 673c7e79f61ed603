import { t } from "../../text.js";
import type { Browser, Found, ProfileFinder } from "../../webid/profiles.js";
import { chromiumProfiles } from "../browser-profiles/chromium.js";
import { eachUserApart } from "../browser-profiles/each-user.js";
import { firefoxProfiles } from "../browser-profiles/firefox.js";

/** Below `~/.config`. */
const chromiumFolders: readonly (readonly [Browser, string])[] = [
	["chrome", "google-chrome"],
	["chrome-beta", "google-chrome-beta"],
	["chrome-dev", "google-chrome-unstable"],
	["chrome-canary", "google-chrome-canary"],
	["chrome-for-testing", "google-chrome-for-testing"],
	["chromium", "chromium"],
	["edge", "microsoft-edge"],
	["edge-beta", "microsoft-edge-beta"],
	["edge-dev", "microsoft-edge-dev"],
	["edge-canary", "microsoft-edge-canary"],
	["brave", "BraveSoftware/Brave-Browser"],
	["brave-beta", "BraveSoftware/Brave-Browser-Beta"],
	["brave-nightly", "BraveSoftware/Brave-Browser-Nightly"],
	["vivaldi", "vivaldi"],
	["vivaldi-snapshot", "vivaldi-snapshot"],
	["opera", "opera"],
	["opera-beta", "opera-beta"],
	["opera-developer", "opera-developer"],
	["yandex", "yandex-browser"],
	["yandex-beta", "yandex-browser-beta"],
];

/** Of a snap, which has a home of its own: `current` is a link to its revision, `common` is for all of them. */
const snaps: readonly (readonly [Browser, string])[] = [
	["chromium", "chromium/common/chromium"],
	["brave", "brave/current/.config/BraveSoftware/Brave-Browser"],
	["vivaldi", "vivaldi/current/.config/vivaldi"],
	["opera", "opera/current/.config/opera"],
	["opera-beta", "opera-beta/current/.config/opera-beta"],
	["opera-developer", "opera-developer/current/.config/opera-developer"],
];

/** Of a Flatpak, whose configuration is below its own name. */
const flatpaks: readonly (readonly [Browser, string])[] = [
	["chrome", "com.google.Chrome/config/google-chrome"],
	["chrome-dev", "com.google.ChromeDev/config/google-chrome-unstable"],
	["chromium", "org.chromium.Chromium/config/chromium"],
	["chromium", "io.github.ungoogled_software.ungoogled_chromium/config/chromium"],
	["edge", "com.microsoft.Edge/config/microsoft-edge"],
	["edge-dev", "com.microsoft.EdgeDev/config/microsoft-edge-dev"],
	["brave", "com.brave.Browser/config/BraveSoftware/Brave-Browser"],
	["vivaldi", "com.vivaldi.Vivaldi/config/vivaldi"],
	["opera", "com.opera.Opera/config/opera"],
	["yandex", "ru.yandex.Browser/config/yandex-browser"],
];

const firefoxFolders: readonly (readonly [Browser, string])[] = [
	["firefox", ".mozilla/firefox"],
	["firefox", ".config/mozilla/firefox"],
	["firefox", "snap/firefox/common/.mozilla/firefox"],
	["firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox"],
	["firefox", ".var/app/org.mozilla.firefox/config/mozilla/firefox"],
	["librewolf", ".librewolf"],
	["librewolf", ".config/librewolf/librewolf"],
	["librewolf", ".var/app/io.gitlab.librewolf-community/.librewolf"],
	["waterfox", ".waterfox"],
	["waterfox", ".var/app/net.waterfox.waterfox/.waterfox"],
];

const chromiumPlaces = [
	...chromiumFolders.map(([browser, path]) => [browser, `.config/${path}`] as const),
	...snaps.map(([browser, path]) => [browser, `snap/${path}`] as const),
	...flatpaks.map(([browser, path]) => [browser, `.var/app/${path}`] as const),
];

/** The browser profiles in the homes of a Linux machine. */
export const linuxBrowserProfiles: ProfileFinder = eachUserApart(
	() => t`the user's home folder does not exist; it may not be mounted`,
	async function* (user, home): AsyncGenerator<Found> {
		const at = (path: string) => home.at(...path.split("/"));
		for (const [browser, path] of chromiumPlaces) yield* chromiumProfiles(user, home, { browser, path: at(path) });
		for (const [browser, path] of firefoxFolders) yield* firefoxProfiles(user, home, { browser, path: at(path) });
	},
);
