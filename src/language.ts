import { findPlaces } from "./lib/adapters/files/places.js";
import { readSettingFile } from "./lib/adapters/files/setting-file.js";
import { takeLanguage } from "./lib/cli/language-flag.js";
import { lookUp } from "./lib/settings/settings.js";
import { languages, nearestLanguage } from "./lib/text.js";

/**
 * The language to speak: as every setting (`--lang`, `CFM_LANG`, the user's configuration, the machine's), at last the
 * system's. A program of its own, built only when there is more than English to choose from: a bundle is in one language,
 * so `bin/` must know before it loads any.
 *
 * A language that was not built is English here. Whoever asked for it by flag is told by the command line's own check,
 * and of a configuration that cannot be read the command itself speaks.
 *
 * @param built the languages that were built
 */
export function chooseLanguage(
	argv: readonly string[],
	variables: NodeJS.ProcessEnv,
	built: readonly string[] = languages,
): string {
	const places = findPlaces(variables);
	const sources = {
		flags: { lang: takeLanguage(argv).lang },
		variables,
		user: quietly(() => readSettingFile(places.userConfig)),
		machine: quietly(() => readSettingFile(places.machineConfig)),
		defaultRegistry: "",
	};
	const setting = quietly(() => lookUp("lang", sources));
	return nearestLanguage(setting === undefined ? "en" : (setting.value ?? systemLanguage(variables)), built);
}

function quietly<T>(ask: () => T): T | undefined {
	try {
		return ask();
	} catch {
		return undefined;
	}
}

/** POSIX's own order; on Windows the engine knows, at the price of loading its tables. */
function systemLanguage({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): string {
	if (process.platform === "win32") return Intl.NumberFormat().resolvedOptions().locale;
	return LC_ALL || LC_MESSAGES || LANG || "en";
}
