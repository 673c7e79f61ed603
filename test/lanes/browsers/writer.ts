/**
 * Writes to a profile until it is killed: `node writer.mjs PROFILE-JSON HOME FROM SITE SITE`. Says `begin N` before and
 * `done N` after it has written the number N for the first site; the second gets a value and loses it in turn.
 */
import { writeSync } from "node:fs";
import { openBrowserStores } from "../../../src/lib/adapters/browsers/open.js";
import type { BrowserProfile, Edit } from "../../../src/lib/webid/stores.js";

const [, , profileText = "", home = "", from = "", first = "", second = ""] = process.argv;
const profile = JSON.parse(profileText) as BrowserProfile;
const { stores } = openBrowserStores(home);

async function main(): Promise<void> {
	for (let n = Number(from); ; n += 1) {
		const other: Edit =
			n % 2 === 0 ? { origin: second, action: "set", value: String(n) } : { origin: second, action: "clear" };
		const edits: Edit[] = [{ origin: first, action: "set", value: String(n) }, other];
		writeSync(1, `begin ${n}\n`);
		const results = await stores.edit(profile, edits, { dryRun: false, now: new Date(), keepDays: 0 });
		const bad = results.find(({ outcome }) => !/^(done|not-present)$/.test(outcome));
		writeSync(1, bad === undefined ? `done ${n}\n` : `bad ${JSON.stringify(bad)}\n`);
	}
}
void main();
