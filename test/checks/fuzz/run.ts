import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { expect, Failure, makeFolder, numbersFrom, randomFrom, root } from "../harness.mjs";
import { bend } from "./bend.js";
import { read } from "./read.js";
import { type Files, leveldbSeed, profileFolders, sqliteSeed, textSeed } from "./seeds.js";

/** How often of twelve each kind comes. */
const kinds = [
	"sqlite",
	"leveldb",
	"sqlite",
	"leveldb",
	"sqlite",
	"leveldb",
	"sqlite",
	"leveldb",
	"sqlite",
	"prefs",
	"ini",
	"state",
] as const;
type Kind = (typeof kinds)[number];
/** Those that are made in no time: each input has a seed of its own. */
const texts: ReadonlySet<Kind> = new Set<Kind>(["prefs", "ini", "state"]);
/** Inputs of one seed: making a store takes longer than reading it. */
const ofOneSeed = 25;
/** In ms; ours needs some. What hangs fails here, on whatever machine. */
const longest = 20_000;
/** What the other reader may take before another one is started. */
const patience = 10_000;

/** The other reader, in a process that damage may end. */
class Other {
	private process: { child: ChildProcessWithoutNullStreams; lines: Interface } | undefined;

	/** @returns undefined when it died of it, or found no end */
	async ask(kind: string, folder: string): Promise<{ rows: string[] | null; sound?: boolean } | undefined> {
		this.process ??= started();
		const { child, lines } = this.process;
		const answer = await new Promise<string | undefined>((tell) => {
			const timer = setTimeout(() => tell(undefined), patience);
			const once = (line?: string) => {
				clearTimeout(timer);
				tell(line);
			};
			lines.once("line", once);
			lines.once("close", () => once());
			child.stdin.write(`${JSON.stringify({ kind, folder })}\n`);
		});
		lines.removeAllListeners();
		if (answer !== undefined) return JSON.parse(answer);
		this.end();
		return undefined;
	}

	end(): void {
		this.process?.child.kill("SIGKILL");
		this.process = undefined;
	}
}

function started() {
	const child = spawn(process.execPath, [join(root, "test/checks/fuzz/other.mjs")]);
	child.stdin.on("error", () => undefined);
	child.stderr.resume();
	return { child, lines: createInterface({ input: child.stdout }) };
}

const { inputs, seed } = numbersFrom({ inputs: 10_000, seed: Date.now() % 1_000_000 });
const random = randomFrom(seed);
const own = makeFolder();
const other = new Other();
const none = { same: 0, bothRefuse: 0, onlyOursRefuses: 0, onlyOtherRefuses: 0, otherDied: 0 };
const counts = Object.fromEntries([...new Set(kinds)].map((kind) => [kind, { ...none }])) as Record<Kind, typeof none>;
const seeds = new Map<Kind, Files>();
/** Refused by ours alone, though the other finds nothing wrong: what is bent is not always damage to whoever looks less. */
const stricter: string[] = [];

try {
	for (let n = 0; n < inputs; n += 1) {
		const kind = kinds[n % kinds.length] as Kind;
		if (n % (ofOneSeed * kinds.length) < kinds.length || texts.has(kind))
			seeds.set(kind, await newSeed(kind, join(own.path, `seed-${n}`)));
		const files: Files = new Map(seeds.get(kind));
		// One in ten is as it was made: that must be read.
		const bends = random.below(10) === 0 ? 0 : random.below(3) + 1;
		for (let left = bends; left > 0; left -= 1) bend(kind, files, random);
		await compare(kind, files, bends, `--seed ${seed} --inputs ${inputs}, input ${n} (${kind})`);
	}
	console.log(`${inputs} inputs, seed ${seed}: ${JSON.stringify(counts)}`);
	for (const one of stricter.slice(0, 5)) console.log(`refused by cfm alone: ${one}`);
	expect(
		stricter.length <= inputs / 50,
		`${stricter.length} of ${inputs} are refused that the other reader finds sound`,
	);
} finally {
	other.end();
	own.remove();
}

async function newSeed(kind: Kind, folder: string): Promise<Files> {
	if (kind === "sqlite") return sqliteSeed(folder, random);
	if (kind === "leveldb") return leveldbSeed(folder, random);
	return textSeed(kind, random);
}

async function compare(kind: Kind, files: Files, bends: number, what: string): Promise<void> {
	const folder = join(own.path, "input");
	mkdirSync(folder);
	for (const name of profileFolders[kind] ?? []) mkdirSync(join(folder, name));
	for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
	const started = performance.now();
	const mine = await read(kind, files, folder).catch((error: unknown) => {
		throw new Failure(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
	});
	expect(performance.now() - started < longest, `${what}: took ${Math.round(performance.now() - started)} ms`);
	const theirs = await other.ask(kind, folder);
	rmSync(folder, { recursive: true });
	const count = counts[kind];
	const isRefused = !Array.isArray(mine);
	expect(bends > 0 || !isRefused, `${what}: nothing was bent, and it is refused: ${isRefused ? mine.refused : ""}`);
	if (theirs === undefined) count.otherDied += 1;
	else if (isRefused && theirs.rows === null) count.bothRefuse += 1;
	else if (isRefused) {
		count.onlyOursRefuses += 1;
		if (theirs.sound && kind === "sqlite") stricter.push(`${what}: ${mine.refused}`);
	} else if (theirs.rows === null) count.onlyOtherRefuses += 1;
	else {
		const [a, b] = [mine, theirs.rows].map((rows) => rows.toSorted());
		expect(
			JSON.stringify(a) === JSON.stringify(b),
			`${what}: read differently\n${difference(a as string[], b as string[])}`,
		);
		count.same += 1;
	}
}

function difference(a: string[], b: string[]): string {
	const only = (from: string[], than: string[]) => from.filter((row) => !than.includes(row));
	const [mine = "", ...moreMine] = only(a, b);
	const [theirs = "", ...moreTheirs] = only(b, a);
	const same = [...mine].findIndex((letter, at) => letter !== theirs[at]);
	const shown = (row: string, more: string[]) =>
		`${row.slice(0, 120)} … ${row.slice(Math.max(0, same - 40), same + 80)} (${row.length} letters, and ${more.length} rows more)`;
	return `only cfm: ${shown(mine, moreMine)}\nonly the other: ${shown(theirs, moreTheirs)}`;
}
