import { afterEach, describe, expect, it } from "vitest";
import type { Cage } from "../../../../src/lib/adapters/isolation/cage.js";
import { NoAnswer, ReaderPool, type ReaderSource } from "../../../../src/lib/adapters/isolation/pool.js";
import { Reader } from "../../../../src/lib/adapters/isolation/reader.js";
import { fields, text } from "../../../../src/lib/adapters/isolation/shape.js";
import { until } from "../../../until.js";

/** What a reader does that is asked for something: `does` is code that has the request as `asked`. */
const program = (hello: string) => `
	const say = (text) => process.stdout.write(text);
	let number;
	const give = (answer, more = {}) => say(JSON.stringify({ number, answer, ...more }) + "\\n");
	${hello}
	let rest = "";
	process.stdin.on("data", (piece) => {
		rest += piece;
		if (!rest.endsWith("\\n")) return;
		const { request: asked, news, number: its } = JSON.parse(rest);
		number = its;
		rest = "";
		new Function("asked", "news", "give", "say", asked.does)(asked, news, give, say);
	});`;
const greets = 'say(JSON.stringify({ hello: [] }) + "\\n");';

const cage = (hello = greets, lacks: Cage["lacks"] = []): Cage => ({
	file: process.execPath,
	words: ["-e", program(hello)],
	lacks,
	apart: true,
});

const limits = { milliseconds: 60_000, userMilliseconds: 600_000, bytes: 10_000 };
const shape = fields<{ said: string }>({ said: text(100) });

let pool: ReaderPool;
let started: Reader[];
afterEach(() => {
	pool.close();
	for (const reader of started) reader.kill();
});

function make(own: Partial<typeof limits> = {}, source: Partial<ReaderSource> = {}): ReaderPool {
	started = [];
	const start = (way: Cage) => {
		const reader = new Reader(way);
		started.push(reader);
		return reader;
	};
	pool = new ReaderPool({ ways: [cage()], start, ...source }, { ...limits, ...own });
	return pool;
}

const ask = (does: string, user = "ana") => pool.ask(user, { does }, shape);
const served = () => ask('give({ said: "well" })', "zoe");

/** How an answer failed. */
async function overrun(answer: Promise<unknown>): Promise<string> {
	const error = await answer.then(
		() => undefined,
		(one: unknown) => one,
	);
	if (error instanceof NoAnswer) return error.overrun;
	throw new Error("there was an answer, or another error", { cause: error });
}

describe("readers", () => {
	it("are started once and reused", async () => {
		make();
		const pid = "give({ said: String(process.pid) })";
		const first = await ask(pid);
		expect([await ask(pid), await ask(pid, "ben")]).toEqual([first, first]);
		expect(started).toHaveLength(1);
	});

	it("ask back while they work, with bytes both ways, and wait for what they are told", async () => {
		make();
		const asksBack = `
			say("@3\\n" + "abc" + JSON.stringify({ number: 1, call: { what: "more" } }) + "\\n");
			process.stdin.removeAllListeners("data");
			let told = "";
			process.stdin.on("data", (piece) => {
				told += piece;
				if (told.endsWith("}\\n")) give({ said: told.replaceAll("\\n", " ") });
			});`;
		const heard: unknown[] = [];
		const callee = async (what: unknown, bytes: Buffer) => {
			heard.push(what, bytes.toString());
			return { answer: "yes", bytes: Buffer.from("defg") };
		};
		const { said } = await pool.ask("ana", { does: asksBack }, shape, { callee });
		expect(heard).toEqual([{ what: "more" }, "abc"]);
		expect(said).toBe('@4 defg{"answer":"yes"} ');
	});

	it.each([
		["that answers nothing", "time", ""],
		["that runs for ever", "time", "for (;;);"],
		["that says more than an answer may have", "answer", 'for (;;) require("node:fs").writeSync(1, "x".repeat(1000))'],
		["that says too much without a line's end", "answer", 'say("x".repeat(20000))'],
		["that sends bytes nobody wants", "odd", 'say("@3\\nabc"); give({ said: "1" })'],
		["that ends", "crash", "process.exit(0)"],
		["that aborts", "memory", "process.abort()"],
		["that is killed", "crash", 'process.kill(process.pid, "SIGKILL")'],
		["that answers what is no JSON", "odd", 'say("{\\n")'],
		["that answers another thing", "odd", "give({ other: 1 })"],
		["that answers a longer text than there can be", "odd", 'give({ said: "x".repeat(101) })'],
		["that answers what was asked before", "odd", 'give({ said: "1" }, { number: 0 })'],
		[
			"that answers twice at once",
			"odd",
			'number += "", say(JSON.stringify({ said: "1" }) + "\\n" + JSON.stringify({}) + "\\n")',
		],
	])("one %s fails that request, and the next user is served", async (_, how, does) => {
		make(how === "time" ? { milliseconds: 3000 } : {});
		expect(await overrun(ask(does.replaceAll("require(", "process.getBuiltinModule(")))).toBe(how);
		expect(await served()).toEqual({ said: "well" });
		expect(started).toHaveLength(2);
	});

	it("one that goes on talking when it has answered is replaced", async () => {
		make();
		await ask('give({ said: "1" }); setTimeout(() => give({ said: "2" }))');
		await until("it is not asked again", () => started[0]?.usable === false);
		expect(await served()).toEqual({ said: "well" });
	});

	it("serve others while one hangs", async () => {
		make();
		const hung = ask("").catch((error: unknown) => error);
		expect(await served()).toEqual({ said: "well" });
		expect(started).toHaveLength(2);
		for (const reader of started) reader.kill();
		expect(await hung).toBeInstanceOf(NoAnswer);
	});

	it("that want to be replaced are, and their answer counts", async () => {
		make();
		expect(await ask('give({ said: "full" }, { last: true })')).toEqual({ said: "full" });
		expect(await served()).toEqual({ said: "well" });
		expect(started).toHaveLength(2);
	});

	it("give one user no more time than all their profiles may take", async () => {
		make({ milliseconds: 60_000, userMilliseconds: 3000 });
		expect(await overrun(ask("", "mallory"))).toBe("user-time");
		expect(await overrun(ask('give({ said: "1" })', "mallory"))).toBe("user-time");
		expect(await served()).toEqual({ said: "well" });
	});

	it("hear of news once", async () => {
		const locks = { locks: ["08:01:7"] };
		make({}, { news: async () => locks });
		const heard = "give({ said: JSON.stringify(news ?? null) })";
		expect(await ask(heard)).toEqual({ said: JSON.stringify(locks) });
		expect(await ask(heard)).toEqual({ said: "null" });
	});

	it("that do not start give way to the next way to start, and it is known what that lacks", async () => {
		make({}, { ways: [{ ...cage(), file: "/nowhere/prlimit" }, cage("process.exit(1)"), cage(greets, ["network"])] });
		expect(await served()).toEqual({ said: "well" });
		expect(await pool.lacks()).toEqual(["network"]);
		expect(started).toHaveLength(3);
	});

	it("of which none starts fail every request", async () => {
		make({}, { ways: [cage("process.exit(1)")] });
		expect(await overrun(served())).toBe("start");
		expect(await overrun(served())).toBe("start");
	});

	it("say themselves what they could not give up", async () => {
		make({}, { ways: [cage('say(JSON.stringify({ hello: ["rights"] }) + "\\n");')] });
		expect(await pool.lacks()).toEqual(["rights"]);
	});

	it("keep nobody from ending, and end with them", async () => {
		make();
		const pid = Number((await ask("give({ said: String(process.pid) })")).said);
		pool.close();
		await until("the reader has ended", () => {
			try {
				process.kill(pid, 0);
				return false;
			} catch {
				return true;
			}
		});
	});
});
