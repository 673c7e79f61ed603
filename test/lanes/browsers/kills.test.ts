import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowserStores } from "../../../src/lib/adapters/browsers/open.js";
import type { BrowserProfile } from "../../../src/lib/webid/stores.js";
import { randomFrom } from "../../checks/harness.mjs";
import { makeFolder } from "../../folders.js";
import { browsers, serveSites } from "./real-browsers.js";

const folder = makeFolder("kills");
const writer = join(process.cwd(), ".cache/browsers/writer.mjs");
const seed = Number(process.env.CFM_SEED ?? 20_261_123);
/** The lane kills a tenth as often as `npm run check:kills`. */
const tenths = process.env.CFM_KILLS === "all" ? 10 : 1;
const share = { leveldb: 8 * tenths, sqlite: 6 * tenths, "data.sqlite": 6 * tenths };
let served: Awaited<ReturnType<typeof serveSites>>;
beforeAll(async () => {
	served = await serveSites(4);
	await build({
		entryPoints: [join(import.meta.dirname, "writer.ts")],
		outfile: writer,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node22",
		packages: "external",
		logLevel: "warning",
	});
});
afterAll(() => {
	served.close();
	rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

it.concurrent.each(browsers)(
	"$name starts with all its data, old or new, whenever cfm is killed",
	async ({ start, profile: profileOf, store }) => {
		const place = mkdtempSync(join(folder, "profile-"));
		const profile = profileOf(place);
		const home = mkdtempSync(join(folder, "cfm-"));
		const [first = "", second = "", third = "", fourth = ""] = served.sites;
		const setUp = await start(place);
		await setUp.visit(first, "localStorage.setItem('CFM_ID', '0'); localStorage.setItem('kept', 'é€')");
		await setUp.visit(third, "for (let n = 0; n < 200; n++) localStorage.setItem('key' + n, String(n).repeat(100))");
		await setUp.visit(fourth, "localStorage.setItem('CFM_ID', 'other')");
		await setUp.quit();

		const random = randomFrom(seed);
		let [from, cutShort, fresh, value] = [1, 0, 0, 0];
		let other: string | null = null;
		let typical = 50;
		for (let kill = 0; kill < share[store]; kill += 1) {
			const written = await writeUntilKilled(
				{ profile, home, from, sites: [first, second] },
				{ writes: 1 + random.below(2), part: random.below(120) / 100, typical },
			);
			typical = written.typical;
			const { begun } = written;
			const done = written.done ?? value;
			const browser = await start(place);
			const at = `seed ${seed}, kill ${kill}, begun ${begun}, done ${done}`;
			value = Number(await browser.visit(first, "localStorage.CFM_ID"));
			expect([done, begun], at).toContain(value);
			expect(await browser.visit(first, "localStorage.kept"), at).toBe("é€");
			// Firefox keeps each site in a file of its own: of two edits one may be made.
			const otherOf = (n: number) => (n % 2 === 0 && n > 0 ? String(n) : null);
			const before: string | null = written.done === undefined ? other : otherOf(done);
			other = await browser.visit<string | null>(second, "localStorage.getItem('CFM_ID')");
			expect(store === "data.sqlite" ? [otherOf(begun), before] : [otherOf(value)], at).toContain(other);
			const sum = "Object.entries(localStorage).map(([key, value]) => key + value).sort().join()";
			expect((await browser.visit<string>(third, sum)).length, at).toBe(whole);
			expect(await browser.visit(fourth, "localStorage.CFM_ID"), at).toBe("other");
			await browser.quit();
			if (begun !== done) cutShort += 1;
			if (begun !== done && value === begun) fresh += 1;
			from = begun + 1;
		}
		// The kills met writes: most before, some after the moment at which the new value counts.
		expect(cutShort).toBeGreaterThan(tenths === 1 ? 0 : share[store] / 2);
		console.log(`${store}: ${share[store]} kills, ${cutShort} in a write, ${fresh} of these with the new value`);

		const { stores } = openBrowserStores(home);
		const options = { dryRun: false, now: new Date(), keepDays: 0 };
		const [result] = await stores.edit(profile, [{ origin: first, action: "set", value: "end" }], options);
		expect(result?.outcome).toBe("done");
		const left = readdirSync(place, { recursive: true, encoding: "utf8" }).filter((name) => /\/cfm-/.test(name));
		expect(left).toEqual([]);
	},
	1_800_000,
);

/** How long all of the third site's entries are. */
const whole = Array.from({ length: 200 }, (_, n) => `key${n}${String(n).repeat(100)}`)
	.sort()
	.join().length;

interface Writing {
	profile: BrowserProfile;
	home: string;
	from: number;
	sites: [string, string];
}

/**
 * Kills in a write, after some part of the time one takes; a little beyond its end, too.
 *
 * @param when.writes how many are begun before
 * @param when.typical milliseconds that a write took so far
 * @returns the last number begun and the last done, if any was
 */
async function writeUntilKilled(
	{ profile, home, from, sites }: Writing,
	{ writes, part, typical }: { writes: number; part: number; typical: number },
) {
	mkdirSync(home, { recursive: true });
	const child = spawn(process.execPath, [writer, JSON.stringify(profile), home, String(from), ...sites], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	let said = "";
	let killing = false;
	let taken = typical;
	let begunAt = performance.now();
	child.stdout.on("data", (data) => {
		said += data;
		if (String(data).startsWith("done")) taken = performance.now() - begunAt;
		begunAt = performance.now();
		// On a busy machine several lines come at once: then a later write than the one meant is cut short.
		if (killing || said.split("begin").length - 1 < writes) return;
		killing = true;
		setTimeout(() => child.kill("SIGKILL"), part * taken);
	});
	await new Promise((ended) => child.once("close", ended));
	expect(said).not.toContain("bad");
	const last = (word: string) => [...said.matchAll(new RegExp(`${word} (\\d+)`, "g"))].at(-1)?.[1];
	const done = last("done");
	return { begun: Number(last("begin")), done: done === undefined ? undefined : Number(done), typical: taken };
}
