/** What judges certificates, lists and PDF files, against OpenSSL's and Poppler's programs: the signing lane's own parts. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** The bars by the names of the rows that test/lanes/signing/speed.test.ts tells. */
const bars = {
	"1,000 certificates / openssl verify": { most: 0.7 },
	"a list of 20,000 entries / openssl crl": { most: 1.5 },
	"200 PDFs / pdfsig": { most: 1 },
};

/** @param {import("./run.mjs").Bench} bench */
export async function signing({ report }) {
	report.heading("signing: judged / the other program");
	const vitest = join(root, "node_modules/.bin/vitest");
	const words = ["run", "--project", "signing", "test/lanes/signing/speed.test.ts"];
	const { stdout, status } = spawnSync(vitest, words, {
		cwd: root,
		encoding: "utf8",
		env: { ...process.env, CFM_CHECK: "speed", NO_COLOR: "1" },
	});
	if (status !== 0) throw new Error(`the signing lane's parts ended with ${status}: ${stdout}`);
	for (const [, ratio, name] of stdout.matchAll(/^ratio: (\S+) (.*)$/gm))
		report.value(name, Number(ratio), "x", bars[name]);
}
