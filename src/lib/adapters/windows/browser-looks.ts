import { basename } from "node:path";
import type { Machine } from "../../client/machine.js";
import type { AroundLooks } from "../../host/host.js";
import type { Sight } from "../../self/check.js";
import { t } from "../../text.js";
import { notTried, sight } from "./sight.js";

/** Programs of browsers, and how the browsers of their profiles are called. */
const programs: Readonly<Record<string, RegExp>> = {
	"chrome.exe": /^(chrome|chromium)/,
	"msedge.exe": /^edge/,
	"brave.exe": /^brave$/,
	"vivaldi.exe": /^vivaldi$/,
	"opera.exe": /^opera$/,
	"firefox.exe": /^firefox$/,
};

/** Each browser that this account has open has a profile that looks in use. */
export async function runningBrowsersSight(at: AroundLooks & { machine: Machine }): Promise<Sight> {
	const [processes, me] = await Promise.all([at.machine.processes.list(), at.machine.profiles.currentUser()]);
	if (!processes.known) return sight(false, processes.why);
	const own = processes.value.filter(({ sid }) => sid !== null && sid === me.sid);
	const running = new Set(
		own.map(({ image }) => basename(image ?? "").toLowerCase()).filter((name) => name in programs),
	);
	if (running.size === 0) return notTried(t`this account has no browser open`);
	const browsers = await at.browsers();
	const inUse = new Set<string>();
	for await (const found of browsers.finder.find(me)) {
		if (!("profile" in found)) continue;
		const { state } = await browsers.stores.read(found.profile, { origins: [] });
		if (state === "running") inUse.add(found.profile.browser);
	}
	const isSeen = (program: string) => [...inUse].some((browser) => programs[program]?.test(browser));
	const missed = [...running].filter((program) => !isSeen(program));
	if (missed.length === 0) return sight(true, [...running].join(", "));
	return sight(false, t`no profile looks in use: ${missed.join(", ")}`);
}

export async function readersSight({ browsers }: AroundLooks): Promise<Sight> {
	const lacks = (await (await browsers()).lacks()).filter((lack) => lack !== "network");
	return sight(lacks.length === 0, lacks.length === 0 ? t`all but the network` : t`kept: ${lacks.join(", ")}`);
}
