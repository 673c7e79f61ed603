/** Whole commands, with the power cut after their changes and syncs: each of them, or each Nth. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { allocated, cli, expect, Failure, makeFolder, randomFrom, startCli } from "../harness.mjs";
import { Disk, readFiles, readJournals, writeImage } from "./disk.mjs";
import { recorded } from "./recorder.mjs";

/** @typedef {import("../harness.mjs").Random} Random */
/** @typedef {Map<string, Buffer>} Files */

/** Images looked at for one cut: what is not synced can survive in many ways. */
const imagesPerCut = 2;

/**
 * A command that is cut.
 *
 * @typedef {object} Case
 * @property {string} title
 * @property {Files} start what is there before it
 * @property {(folder: string) => string[]} words
 * @property {(registry: string, answered: boolean) => Promise<void>} verify looks at a disk after the cut; `answered`
 *   when the command had said it is done
 */

/**
 * @param {number} seed also decides which is the first to be cut
 * @param {number} nth cut after each of them (1), or each Nth
 * @returns {Promise<string>} what was done, in words
 */
export async function cutCommands(seed, nth) {
	const { registry, copy, damaged } = await makeStarts();
	/** @type {(folder: string) => string[]} */
	const restore = (folder) => ["registry", "restore", join(folder, "copy.db"), "--confirm", "registry.db"];
	/** @type {Case[]} */
	const cases = [
		{ title: "init", start: new Map(), words: () => ["init", "--yes"], verify: verifyInit },
		{
			title: "backup",
			start: registry,
			words: (folder) => ["registry", "backup", join(folder, "copy.db")],
			verify: verifyBackup,
		},
		{ title: "restore", start: copy, words: restore, verify: verifyRestore },
		{ title: "restore over a damaged file", start: damaged, words: restore, verify: verifyRescue },
	];
	const cuts = await Promise.all(
		cases.map(async (one, at) => `${one.title} (${await cutAll(one, randomFrom(seed + at), nth)})`),
	);
	return `commands cut after ${nth === 1 ? "each" : `one in ${nth}`} of their changes and syncs: ${cuts.join(", ")}`;
}

/**
 * A registry in which ana has ID 1; the same with a copy, and ben who got ID 2 after it was made; and the same with the
 * registry damaged.
 *
 * @returns {Promise<{ registry: Files, copy: Files, damaged: Files }>}
 */
async function makeStarts() {
	const folder = makeFolder();
	const file = join(folder.path, "registry.db");
	await cli(file, ["init", "--yes"]);
	await cli(file, ["ids", "allocate", "ana"]);
	const registry = readFiles(folder.path);
	await cli(file, ["registry", "backup", join(folder.path, "copy.db")]);
	await cli(file, ["ids", "allocate", "ben"]);
	const copy = readFiles(folder.path);
	folder.remove();
	return { registry, copy, damaged: new Map([...copy, ["registry.db", noise]]) };
}

/** A file that is no registry any more. */
const noise = Buffer.alloc(20_000, "not a registry ");

/**
 * `init` either was there or is made by a second one; once it has answered it is there.
 *
 * @param {string} registry
 * @param {boolean} answered
 */
async function verifyInit(registry, answered) {
	if (answered) await cli(registry, ["registry", "check"]);
	const { result } = await cli(registry, ["init", "--yes"]);
	expect(result.environments.length === 1, "init made no environment");
	await cli(registry, ["registry", "check"]);
}

/**
 * A backup that bears its name is whole; once it has answered it is there. The registry does not notice.
 *
 * @param {string} registry
 * @param {boolean} answered
 */
async function verifyBackup(registry, answered) {
	expect((await allocated(registry, "default")).get("ana") === 1, "the registry lost an ID");
	const copy = join(registry, "../copy.db");
	if (answered || existsSync(copy))
		expect((await allocated(copy, "default")).get("ana") === 1, "the backup lacks an ID");
}

/**
 * A restored registry is the old one or the new one, never a mixture, and can be restored again.
 *
 * @param {string} registry
 * @param {boolean} answered
 */
async function verifyRestore(registry, answered) {
	const users = await allocated(registry, "default");
	const isOld = users.size === 2 && users.get("ben") === 2 && !answered;
	const isNew = users.size === 1;
	expect(users.get("ana") === 1 && (isOld || isNew), `neither the old registry nor the new one: ${[...users]}`);
}

/**
 * Over a damaged registry a restore may be half done, but nothing is gone, and a second one brings it to its end.
 *
 * @param {string} registry
 * @param {boolean} answered
 */
async function verifyRescue(registry, answered) {
	const there = readFiles(join(registry, ".."));
	expect(
		[...there.values()].some((content) => content.equals(noise)),
		"the damaged file is gone",
	);
	if (!answered) {
		await cli(registry, ["registry", "restore", join(registry, "../copy.db"), "--confirm", "registry.db"]);
	}
	const users = await allocated(registry, "default");
	expect(users.size === 1 && users.get("ana") === 1, `not what the copy holds: ${[...users]}`);
}

/**
 * @param {Case} one
 * @param {Random} random
 * @param {number} nth
 * @returns {Promise<number>} how many cuts were made
 */
async function cutAll({ title, start, words, verify }, random, nth) {
	/** @type {Set<string>} */
	const seen = new Set();
	for (let cut = 1 + random.below(nth), cuts = 0; ; cut += nth, cuts++) {
		const work = makeFolder();
		const folder = join(work.path, "disk");
		const journals = join(work.path, "journals");
		for (const path of [folder, journals]) mkdirSync(path, { mode: 0o700 });
		writeImage(start, folder);
		const disk = new Disk(folder);
		const process = startCli(
			join(folder, "registry.db"),
			[...words(folder), "--json"],
			recorded(folder, journals, cut),
		);
		const { code, stdout, stderr } = await process.ended;
		const where = `${title}, cut ${cut}; see ${work.path}`;
		expect(code === null || code === 0, `${where}: ended with ${code}: ${stdout}${stderr}`);
		const { notes, last } = readJournals(journals);
		disk.replay(notes);
		disk.mustEqual(last);
		for (let at = 0; at < imagesPerCut; at++) {
			const image = disk.image(random);
			const mark = `${code} ${digest(image)}`;
			if (seen.has(mark)) continue;
			seen.add(mark);
			const probe = join(work.path, `probe${at}`);
			mkdirSync(probe, { mode: 0o700 });
			writeImage(image, probe);
			try {
				await verify(join(probe, "registry.db"), code === 0);
			} catch (error) {
				throw error instanceof Failure ? new Failure(`${where}: ${error.message}`) : error;
			}
		}
		work.remove();
		if (code === 0) return cuts;
	}
}

/** @param {Files} files */
function digest(files) {
	const hash = createHash("sha256");
	for (const [name, content] of files) hash.update(`${name} ${content.length} `).update(content);
	return hash.digest("hex");
}
