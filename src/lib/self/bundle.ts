import { createHash } from "node:crypto";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { isSignedBy, readSums, signatureName, sumsName } from "./signed-sums.js";

/** A bundle whose every byte was signed for. */
export interface Bundle {
	version: string;
	/** By their names below the program's folder, with the list of sums and its signature. */
	files: ReadonlyMap<string, Uint8Array>;
	sums: ReadonlyMap<string, string>;
}

/** What a name may be: nothing that any file system takes for a way out, a device, another name or a stream. */
const name = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?\/)*[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;
const device = /(^|\/)(con|prn|aux|nul|com\d|lpt\d)(\.|\/|$)/i;

/** Without these it is no program for the system. */
const needed = (platform: string) => [
	...["package.json", "bin/run.cjs", "dist/cfm.cjs"],
	platform === "win32" ? "node/node.exe" : "node/node",
];

/**
 * Believes the files of a bundle: the list by its signature, each file by the list, and no file that the list does not name.
 *
 * @param found all files that are in it, whoever made it
 * @param key SPKI in Base64
 * @throws CfmError denied `signature-missing`, `signature-wrong`, `bundle-damaged`; usage `not-a-bundle`
 */
export function believeBundle(
	found: ReadonlyMap<string, Uint8Array>,
	key: string,
	{ platform, arch }: { platform: string; arch: string },
): Bundle {
	const [list, signature] = [found.get(sumsName), found.get(signatureName)];
	if (list === undefined) throw notABundleError(t`it has no list ${sumsName}`);
	if (signature === undefined) {
		throw new CfmError("denied", "signature-missing", t`The bundle is not signed: it has no ${signatureName}.`);
	}
	if (!isSignedBy(key, list, signature)) {
		throw new CfmError("denied", "signature-wrong", t`The bundle does not bear the signature that this cfm believes.`, {
			hints: [t`Get it again from whoever builds your cfm, or run their setup program.`],
		});
	}
	const sums = readSums(new TextDecoder().decode(list));
	const names = [...sums.keys()];
	const strange = names.find((one) => !name.test(one) || device.test(one) || /^update(\/|$)/i.test(one));
	if (strange !== undefined) throw damagedError(strange);
	if (new Set(names.map((one) => one.toLowerCase())).size < names.length) throw damagedError(sumsName);
	for (const [file, bytes] of found) {
		if (file === sumsName || file === signatureName) continue;
		if (createHash("sha256").update(bytes).digest("hex") !== sums.get(file)) throw damagedError(file);
	}
	const missing = names.find((one) => !found.has(one));
	if (missing !== undefined) throw damagedError(missing);
	const absent = needed(platform).find((one) => !found.has(one));
	const natives = names.filter((one) => one.endsWith(".node"));
	if (absent !== undefined || natives.some((one) => !one.includes(`-${platform}-${arch}.`))) {
		throw notABundleError(t`it is for another system than this one, ${`${platform}-${arch}`}`);
	}
	const { version } = JSON.parse(new TextDecoder().decode(found.get("package.json")));
	return { version: String(version), files: found, sums };
}

function notABundleError(why: string): CfmError {
	return new CfmError("usage", "not-a-bundle", t`This is no bundle of cfm that can be installed here: ${why}.`, {
		hints: [t`Specify cfm-VERSION-win-x64.zip, or cfm-VERSION-linux-x64.tar.gz on Linux.`],
	});
}

function damagedError(file: string): CfmError {
	return new CfmError("denied", "bundle-damaged", t`The bundle is not as it was signed: ${file}.`, {
		hints: [t`Copy it again.`],
		data: { file },
	});
}

/** Whether a version is older than another one: 1.2.3-beta.1 is older than 1.2.3. */
export function isOlder(one: string, other: string): boolean {
	const [[a, before], [b, after]] = [partsOf(one), partsOf(other)];
	const order = compare(a, b);
	if (order !== 0) return order < 0;
	if (before === "" || after === "") return before !== "" && after === "";
	return compare(before, after) < 0;
}

function partsOf(version: string): [numbers: string, beta: string] {
	const [numbers = "", ...beta] = (version.split("+")[0] ?? "").split("-");
	return [numbers, beta.join("-")];
}

const { compare } = new Intl.Collator("en", { numeric: true });
