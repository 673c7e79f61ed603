import { log } from "../../log.js";
import { type ReaderLack as Lack, readerLacks } from "../../webid/browsers.js";
import type { Cage } from "./cage.js";
import { noBytes, type Said } from "./frames.js";
import type { Failure, Reader, ReaderFailed } from "./reader.js";
import { fields, list, OddAnswer, oneOf, type Shape } from "./shape.js";

/** What one request may take. */
export interface Limits {
	/** For one request. */
	milliseconds: number;
	/** For all requests about one user. */
	userMilliseconds: number;
	/** Of an answer. */
	bytes: number;
}

/**
 * Why there is no answer; `user-time`: other requests about the same user took all the time there is. `odd`: there is one
 * that answers something else.
 */
export type Overrun = Failure | "user-time" | "odd" | "start";

export class NoAnswer extends Error {
	override readonly name = "NoAnswer";
	constructor(
		readonly overrun: Overrun,
		readonly detail: string,
	) {
		super(`${overrun}: ${detail}`);
	}
}

/** How readers come to be; a test hands in others. */
export interface ReaderSource {
	/** The narrowest first. */
	ways: readonly Cage[];
	start(cage: Cage): Reader;
	/** One that was started before anybody asked. */
	early?: Reader | undefined;
	/** Asked before each request: what this process has learned that readers cannot see for themselves; undefined: nothing new. */
	news?(): Promise<object | undefined>;
}

/** More readers than processors are of no use, and two hold what is measured of memory. */
const mostReaders = 2;
/** One more costs as much as this many requests. */
const worthAnother = 30;
/** Whoever waits so long gets a reader of their own, in milliseconds: another request may hang. */
const patience = 100;
/** A Node that does not start in this time, on a machine however busy, starts never. In milliseconds. */
const longestStart = 30_000;

const helloShape = fields<{ hello: Lack[] }>({ hello: list(oneOf(readerLacks)) });

/** Answers what a process asks back while it works on an answer. */
export type Callee = (what: unknown, bytes: Buffer) => Promise<{ answer: unknown; bytes?: Buffer }>;

/** What may go with a request, and come before its answer. */
interface More {
	bytes?: Buffer;
	takesBytes?: boolean;
	callee?: Callee;
}

interface Worker {
	reader: Reader;
	/** Resolves when it said hello. */
	ready: Promise<void>;
	/** How many requests it got: an answer has the number of its own. */
	asked: number;
	/** The latest news that it has. */
	news: object | undefined;
}

/**
 * Readers that are started once and reused. One that crashes, takes too much or answers oddly is replaced: that request
 * fails, and the next one is served by another reader.
 */
export class ReaderPool {
	private readonly idle: Worker[] = [];
	private readonly waiting: ((worker: Worker) => void)[] = [];
	private readonly spent = new Map<string, number>();
	private count = 0;
	private served = 0;
	private way = 0;
	private lacking: readonly Lack[] = [];
	private latest: object | undefined;

	constructor(
		private readonly source: ReaderSource,
		private readonly limits: Limits,
	) {}

	/** What the readers of this machine can do that they should not; starts one if there is none. @throws NoAnswer start */
	async lacks(): Promise<readonly Lack[]> {
		const worker = await this.take();
		this.give(worker);
		return this.lacking;
	}

	/**
	 * Asks one reader one thing.
	 *
	 * @param user whose time is used up
	 * @throws NoAnswer
	 */
	async ask<T>(user: string, request: object, shape: Shape<T>, more: More = {}): Promise<T> {
		return (await this.exchange(user, request, shape, more)).answer;
	}

	/** The same, where bytes come with the answer. */
	async exchange<T>(
		user: string,
		request: object,
		shape: Shape<T>,
		more: More = {},
	): Promise<{ answer: T; bytes: Buffer }> {
		const left = this.limits.userMilliseconds - (this.spent.get(user) ?? 0);
		if (left <= 0) throw new NoAnswer("user-time", user);
		const worker = await this.take();
		const allowed = Math.min(this.limits.milliseconds, left);
		let spent = 0;
		/** Only its own time counts, not what it waits for. */
		const hear = async (line: string, bytes = noBytes): Promise<Said> => {
			const since = performance.now();
			try {
				return await worker.reader.ask(
					line,
					{
						milliseconds: Math.max(1, allowed - spent),
						bytes: this.limits.bytes,
						takesBytes: more.callee !== undefined || (more.takesBytes ?? false),
					},
					bytes,
				);
			} finally {
				spent += performance.now() - since;
			}
		};
		try {
			let said = await hear(await this.lineFor(worker, request), more.bytes);
			for (let call = this.callIn(worker, said, more); call !== undefined; call = this.callIn(worker, said, more)) {
				const { answer, bytes } = await call;
				said = await hear(JSON.stringify({ answer }), bytes);
			}
			this.served += 1;
			return { answer: this.read(worker, said.line, shape), bytes: said.bytes };
		} catch (error) {
			throw toNoAnswer(error, this.limits.milliseconds > left);
		} finally {
			this.spent.set(user, (this.spent.get(user) ?? 0) + spent);
			log(() => `read for ${user} in ${spent.toFixed(1)} ms`);
			this.give(worker);
		}
	}

	/** Lets all end by themselves; nothing more may be asked. */
	dismiss(): void {
		for (const { reader } of this.idle.splice(0)) reader.dismiss();
	}

	/** Ends all. What is asked meanwhile fails. */
	close(): void {
		for (const { reader } of this.idle.splice(0)) reader.kill();
	}

	private async lineFor(worker: Worker, request: object): Promise<string> {
		const news = await this.source.news?.();
		if (news !== undefined) this.latest = news;
		const isNew = this.latest !== worker.news;
		worker.news = this.latest;
		return JSON.stringify({ number: ++worker.asked, ...(isNew && { news: this.latest }), request });
	}

	/** What it asks back, if that is what it said. @throws OddAnswer */
	private callIn({ reader, asked }: Worker, { line, bytes }: Said, { callee }: More): ReturnType<Callee> | undefined {
		if (callee === undefined || !line.startsWith(`{"number":${asked},"call":`)) return undefined;
		try {
			return callee((JSON.parse(line) as { call: unknown }).call, bytes);
		} catch (error) {
			reader.kill();
			throw new OddAnswer(String(error));
		}
	}

	/** @throws OddAnswer; the reader is then not asked again */
	private read<T>({ reader, asked }: Worker, line: string, shape: Shape<T>): T {
		try {
			const { number, answer, last } = JSON.parse(line) as { number: unknown; answer: unknown; last?: true };
			if (number !== asked) throw new OddAnswer("an answer to something else");
			const taken = shape(answer);
			// What it held for this request has not gone: the next one gets a reader that has all of its memory.
			if (last === true) reader.kill();
			return taken;
		} catch (error) {
			reader.kill();
			throw error instanceof OddAnswer ? error : new OddAnswer(String(error));
		}
	}

	private async take(): Promise<Worker> {
		const worker = await this.next();
		try {
			await worker.ready;
			return worker;
		} catch (error) {
			this.give(worker);
			// The next way gives up something that this machine refuses. Nothing of a user was read yet.
			if (this.way + 1 < this.source.ways.length) {
				if (worker.reader.cage === this.source.ways[this.way]) this.way += 1;
				return this.take();
			}
			throw new NoAnswer("start", String((error as ReaderFailed).detail));
		}
	}

	private next(): Promise<Worker> {
		for (let idle = this.idle.pop(); idle !== undefined; idle = this.idle.pop()) {
			if (idle.reader.usable) return Promise.resolve(idle);
			this.count -= 1;
		}
		if (this.count === 0 || (this.count < mostReaders && this.served >= worthAnother)) {
			return Promise.resolve(this.start());
		}
		return new Promise((resolve) => {
			const waits = (worker: Worker) => {
				clearTimeout(timer);
				resolve(worker);
			};
			this.waiting.push(waits);
			const timer = setTimeout(() => {
				if (this.count >= mostReaders) return;
				this.waiting.splice(this.waiting.indexOf(waits), 1);
				resolve(this.start());
			}, patience);
		});
	}

	private start(): Worker {
		this.count += 1;
		const cage = this.source.ways[this.way] as Cage;
		const { early } = this.source;
		this.source.early = undefined;
		const reader = early?.usable ? early : this.source.start(cage);
		const ready = reader.ask(undefined, { milliseconds: longestStart, bytes: 1000 }).then((said) => {
			const { hello } = helloShape(JSON.parse(said.line));
			this.lacking = readerLacks.filter((lack) => reader.cage.lacks.includes(lack) || hello.includes(lack));
		});
		ready.catch(() => reader.kill());
		return { reader, ready, asked: 0, news: undefined };
	}

	/** Gives a reader to whoever waits; one that is not usable any more is replaced when somebody does. */
	private give(worker: Worker): void {
		const [first] = this.waiting;
		if (!worker.reader.usable) this.count -= 1;
		if (first === undefined) {
			if (worker.reader.usable) this.idle.push(worker);
			return;
		}
		this.waiting.shift();
		first(worker.reader.usable ? worker : this.start());
	}
}

function toNoAnswer(error: unknown, wasUsers: boolean): unknown {
	if (error instanceof OddAnswer) return new NoAnswer("odd", error.message);
	if (!(error instanceof Error) || error.name !== "ReaderFailed") return error;
	const { failure, detail } = error as ReaderFailed;
	return new NoAnswer(failure === "time" && wasUsers ? "user-time" : failure, detail);
}
