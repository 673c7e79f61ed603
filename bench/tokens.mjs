/** A list of one module's tokens, through a process of its own, against the start of Node. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pairs, program, timed } from "./harness.mjs";

const softhsm = "/usr/lib/softhsm/libsofthsm2.so";

/** @param {import("./run.mjs").Bench} bench */
export async function tokens({ folder, report, rounds = 41 }) {
	if (!existsSync(softhsm)) return report.skipped("tokens", `${softhsm} is not here (Debian: softhsm2)`);
	const home = join(folder, "tokens");
	mkdirSync(join(home, "hsm"), { recursive: true, mode: 0o700 });
	const configuration = join(home, "softhsm2.conf");
	writeFileSync(configuration, `directories.tokendir = ${join(home, "hsm")}\nobjectstore.backend = file\n`);
	const own = { SOFTHSM2_CONF: configuration };
	const pin = ["--pin", "13579", "--so-pin", "97531"];
	const make = ["--init-token", "--free", "--label", "Ana", ...pin];
	timed({ program: "softhsm2-util", args: make, home, own });
	const list = () => timed({ args: [program, "tokens", "list", "--module", softhsm, "--json"], home, own }).ms;
	const bare = () => timed({ args: ["-e", "0"], home }).ms;
	report.heading("tokens list of one module / node -e 0");
	const bar = { most: 3.6 };
	report.ratio(
		"tokens list: SoftHSM",
		pairs(() => list() / bare(), rounds, bar),
		bar,
	);
}
