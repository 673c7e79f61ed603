/** A doctor of one healthy user, against the start of Node. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { cfm, install, pairs, program, timed } from "./harness.mjs";

/** @param {import("./run.mjs").Bench} bench */
export async function doctor({ folder, report, rounds = 41 }) {
	if (process.platform !== "linux") return report.skipped("doctor", "the healthy user is a Linux one");
	const home = join(folder, "cfm");
	mkdirSync(home, { mode: 0o700 });
	const client = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => client.once("listening", resolve));
	const { port } = /** @type {import("node:net").AddressInfo} */ (client.address());
	const { username } = userInfo();
	cfm(home, ["init", "--yes", "--range", "1-50", "--port-base", String(port - 7)]);
	cfm(home, ["ids", "allocate", username, "--id", "7", "--ignore-ports"]);
	cfm(home, ["sites", "add", "https://sign.example.com"]);
	writeFileSync(join(home, "client-profile.json"), '{"verified":true,"vendorServers":{"web":[]}}', { mode: 0o600 });
	const person = join(folder, "person");
	install(person, 7);
	const own = { HOME: person, XDG_CONFIG_HOME: join(person, ".config") };
	/** What is above the slowest check, in milliseconds: the checks run side by side. */
	const above = () => {
		const args = [program, "doctor", "--user", username, "--json"];
		const { ms, stdout } = timed({ args, home, own, codes: [0, 8] });
		const { checks } = JSON.parse(stdout).result;
		return ms - 1000 * Math.max(...checks.map((/** @type {{ seconds: number }} */ { seconds }) => seconds));
	};
	const bare = () => timed({ args: ["-e", "0"], home }).ms;
	report.heading("A doctor of one healthy user, without its slowest check / node -e 0");
	const bar = { most: 2.8 };
	report.ratio(
		"doctor: one user",
		pairs(() => above() / bare(), rounds, bar),
		bar,
	);
	client.close();
}
