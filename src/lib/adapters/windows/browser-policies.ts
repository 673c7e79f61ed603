import { join } from "node:path";
import type { BrowserPolicies, PolicyValues } from "../../webid/forgetting.js";
import { isOfThisMachine, jsonFile, noPolicies, policiesIn, together } from "../browser-profiles/policies.js";
import type { Hive, WindowsRegistry } from "./registry.js";

/** Where each browser's policies are, below `Software\Policies`, by its name without its channel. */
const keys: Readonly<Record<string, string>> = {
	chrome: "Google\\Chrome",
	"chrome-for-testing": "Google\\ChromeForTesting",
	chromium: "Chromium",
	edge: "Microsoft\\Edge",
	brave: "BraveSoftware\\Brave",
	vivaldi: "Vivaldi",
	yandex: "YandexBrowser",
	firefox: "Mozilla\\Firefox",
	librewolf: "LibreWolf",
	waterfox: "Waterfox",
};

/** Below "Program Files". */
const firefoxFile = "Mozilla Firefox/distribution/policies.json";

/** The policies of a Windows machine, and of a user whose part of the Windows Registry is loaded. */
export class WindowsBrowserPolicies implements BrowserPolicies {
	constructor(
		private readonly registry: Pick<WindowsRegistry, "text" | "machineText" | "values">,
		private readonly programFiles = process.env.ProgramFiles,
	) {}

	of(profile: Parameters<BrowserPolicies["of"]>[0]): PolicyValues {
		const { browser, sid } = profile;
		const key = keys[browser] ?? keys[browser.replace(/-.*/, "")];
		if (key === undefined || !isOfThisMachine(profile)) return noPolicies;
		const path = `Software\\Policies\\${key}`;
		const file = browser === "firefox" && this.programFiles !== undefined ? join(this.programFiles, firefoxFile) : "";
		const json = file === "" ? undefined : jsonFile(file);
		return together([
			this.below("machine", path),
			...(sid === null ? [] : [this.below({ user: sid }, path)]),
			...(typeof json === "object" && json !== null && "policies" in json ? [policiesIn(json.policies)] : []),
		]);
	}

	/** A value is a number, a text or, for what is more than that, JSON in a text; a list is a key with numbered values. */
	private below(hive: Hive | "machine", path: string): PolicyValues {
		const text = (folder: string, name: string): string | null => {
			const found =
				hive === "machine" ? this.registry.machineText(folder, name) : this.registry.text(hive, folder, name);
			return found.known ? found.value : null;
		};
		return {
			value: (...name) => {
				const found = text([path, ...name.slice(0, -1)].join("\\"), name.at(-1) ?? "");
				if (found !== null) return /^\d+$/.test(found) ? Number(found) : found;
				const [first = "", ...rest] = name;
				const whole = rest.length === 0 ? null : text(path, first);
				return whole === null ? undefined : policiesIn(jsonOf(whole)).value(...rest);
			},
			list: (...name) => {
				const folder = [path, ...name].join("\\");
				const names = this.registry.values(hive, folder);
				return names.known ? names.value.flatMap((one) => text(folder, one) ?? []) : [];
			},
		};
	}
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
