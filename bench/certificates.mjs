/** The register of certificates: any page of a very long one against the first of a short one, its memory, and notices with nothing due. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cfm, count, pairs, peakOf, program, timed, work } from "./harness.mjs";

const most = { most: 2 };

/** What narrows, orders and turns the pages of a list. */
const ways = [
	["the first page", []],
	["by a part of the alias", ["--alias", "00777"]],
	["by a part that nothing has", ["--alias", "nothing has this"]],
	["by the day of registration", ["--registered-from", "2026-01-10", "--registered-to", "2026-01-12"]],
	...["valid", "expiring", "expired", "not-yet-valid", "revoked"].map((one) => [one, ["--validity", one]]),
	...["active", "suspended", "retired"].map((one) => [one, ["--status", one]]),
	["by owner", ["--owner", "CORP\\u7"]],
	["by wallet", ["--wallet", "vault 7"]],
	["by the days left", ["--within", "400d"]],
	...["alias", "expires", "registered", "owner", "wallet", "status"].flatMap((one) => [
		[`by ${one}`, ["--sort", one]],
		[`by ${one}, backwards`, ["--sort", one, "--reverse"]],
		[`by ${one}, a deep page`, ["--sort", one, "--page", "1900"]],
	]),
	["of one status by wallet, a deep page", ["--status", "active", "--sort", "wallet", "--page", "1800"]],
];

/** @param {import("./run.mjs").Bench} bench */
export async function certificates({ folder, report, rounds = 9, rows }) {
	const [few, many] = [100, Math.min(100_000, rows)];
	const homes = new Map([few, many].map((size) => [size, filled(join(folder, `certs-${size}`), size)]));
	const list = (/** @type {number} */ size, /** @type {string[]} */ words) =>
		timed({ args: [program, ...listed(words)], home: homes.get(size) ?? "" }).ms;

	report.heading(`A page of ${count(many)} certificates / the first of ${count(few)}`);
	for (const [name, words] of /** @type {[string, string[]][]} */ (ways)) {
		const measured = pairs(() => list(many, words) / list(few, []), rounds, most);
		report.ratio(`certificates: ${name}`, measured, most);
	}

	// The engine's own heap grows to its usual size first: half of them fill that.
	const flat = { most: 1.25 };
	report.heading(`Memory at its peak: ${count(many)} certificates / half of them`);
	for (const format of [["--json"], []]) {
		const peak = (/** @type {number} */ limit) =>
			peakOf([program, "certs", "list", ...format, "--limit", String(limit)], homes.get(many) ?? "");
		const name = ["certs list", ...format].join(" ");
		report.ratio(
			`memory: ${name}`,
			pairs(() => peak(many) / peak(many / 2), 3, flat),
			flat,
		);
	}

	report.heading("Notices with nothing due / node -e 0");
	const home = homes.get(many) ?? "";
	cfm(home, ["config", "set", "notify.file", join(folder, "notices.jsonl")]);
	const quiet = { most: 2.8 };
	const run = () => timed({ args: [program, "notify", "run"], home }).ms;
	const node = () => timed({ args: ["-e", "0"], home }).ms;
	report.ratio(
		`start: notify run, ${count(many)} certificates`,
		pairs(() => run() / node(), 31, quiet),
		quiet,
	);
}

/** @param {string[]} words */
function listed(words) {
	return ["certs", "list", "--json", ...(words.includes("--page") ? [] : ["--page", "1"]), ...words];
}

/**
 * A register of so many certificates, with access to each, none of which ends soon.
 *
 * @param {string} home
 * @param {number} rows
 */
function filled(home, rows) {
	mkdirSync(home, { mode: 0o700 });
	cfm(home, ["init", "--yes"]);
	work({ do: "certificates", registry: join(home, "registry.db"), rows });
	return home;
}
