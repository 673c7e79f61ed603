import { t } from "../../text.js";
import type { Browser, Found, ProfileFinder } from "../../webid/profiles.js";
import { chromiumProfiles } from "../browser-profiles/chromium.js";
import { eachUserApart } from "../browser-profiles/each-user.js";
import { firefoxProfiles } from "../browser-profiles/firefox.js";

/** Below `~/.config`, or the configuration of a flatpak, or what a snap takes for home. */
const chromiumFolders: readonly (readonly [Browser, string])[] = [
	["chrome", ".config/google-chrome"],
	["chrome-beta", ".config/google-chrome-beta"],
	["chrome-dev", ".config/google-chrome-unstable"],
	["chromium", ".config/chromium"],
	["edge", ".config/microsoft-edge"],
	["edge-beta", ".config/microsoft-edge-beta"],
	["edge-dev", ".config/microsoft-edge-dev"],
	["brave", ".config/BraveSoftware/Brave-Browser"],
	["vivaldi", ".config/vivaldi"],
	["opera", ".config/opera"],
	["chromium", "snap/chromium/common/chromium"],
	["brave", "snap/brave/current/.config/BraveSoftware/Brave-Browser"],
	["opera", "snap/opera/current/.config/opera"],
	["chrome", ".var/app/com.google.Chrome/config/google-chrome"],
	["chromium", ".var/app/org.chromium.Chromium/config/chromium"],
	["edge", ".var/app/com.microsoft.Edge/config/microsoft-edge"],
	["brave", ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser"],
	["vivaldi", ".var/app/com.vivaldi.Vivaldi/config/vivaldi"],
	["opera", ".var/app/com.opera.Opera/config/opera"],
];

const firefoxFolders = [
	".mozilla/firefox",
	".config/mozilla/firefox",
	"snap/firefox/common/.mozilla/firefox",
	".var/app/org.mozilla.firefox/.mozilla/firefox",
	".var/app/org.mozilla.firefox/config/mozilla/firefox",
];

/** The browser profiles in the homes of a Linux machine. */
export const linuxBrowserProfiles: ProfileFinder = eachUserApart(
	() => t`the user's home folder does not exist; it may not be mounted`,
	async function* (user, home): AsyncGenerator<Found> {
		for (const [browser, folder] of chromiumFolders) {
			yield* chromiumProfiles(user, home, { browser, path: home.at(...folder.split("/")) });
		}
		for (const folder of firefoxFolders) yield* firefoxProfiles(user, home, home.at(...folder.split("/")));
	},
);
