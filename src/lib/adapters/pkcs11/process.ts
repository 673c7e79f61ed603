import type { Step } from "../../token/token.js";
import type { Cage } from "../isolation/cage.js";
import type { Reader } from "../isolation/reader.js";
import { type AnswerTo, type Asked, refused, shapes } from "./requests.js";

/** Why a module gave no answer. */
export type ModuleFailure =
	| { is: "refused"; value: number }
	| { is: "not-loaded"; words: string }
	| { is: "odd"; count: number | null }
	| { is: "exited"; code: string }
	| { is: "crashed"; how: string }
	| { is: "timed-out"; seconds: number };

/** The call that failed, and how. */
export class ModuleFailed extends Error {
	override readonly name = "ModuleFailed";
	constructor(
		readonly step: Step,
		readonly failure: ModuleFailure,
	) {
		super(`${step}: ${JSON.stringify(failure)}`);
	}
}

/** How processes come to be; a test hands in others. */
export interface ModuleSource {
	/** The narrowest first. */
	ways: readonly Cage[];
	start(cage: Cage): Reader;
	/** One that was started before anybody asked; it is taken once. */
	takeEarly?(): Reader | undefined;
}

/** The call that each request makes. */
const steps: Readonly<Record<Asked["ask"], Step>> = {
	load: "load",
	initialize: "C_Initialize",
	slots: "C_GetSlotList",
	slot: "C_GetSlotInfo",
	token: "C_GetTokenInfo",
	mechanisms: "C_GetMechanismList",
	session: "C_OpenSession",
	login: "C_Login",
	objects: "C_FindObjects",
	sign: "C_Sign",
	end: "C_Finalize",
};

/** In bytes: the objects of a full card are a few hundred kilobytes. */
const longestAnswer = 16 << 20;
/** A Node that does not start in this time, on a machine however busy, starts never. In milliseconds. */
const longestStart = 30_000;

/** A process that holds one module. Whatever the module does, it ends here. */
export class ModuleProcess {
	private number = 0;
	private left: number;

	private constructor(
		private readonly reader: Reader,
		private readonly seconds: number,
	) {
		this.left = seconds * 1000;
	}

	/** @param seconds that all calls together may take */
	static async start(source: ModuleSource, seconds: number): Promise<ModuleProcess> {
		const early = source.takeEarly?.();
		let last: unknown;
		for (const way of early === undefined ? source.ways : [undefined, ...source.ways]) {
			const reader = way === undefined ? (early as Reader) : source.start(way);
			try {
				await reader.ask(undefined, { milliseconds: longestStart, bytes: 1000 });
				return new ModuleProcess(reader, seconds);
			} catch (error) {
				// This machine refuses what limits it, such as a container without them. No module was loaded yet.
				reader.kill();
				last = error;
			}
		}
		throw last;
	}

	/**
	 * Asks for one call.
	 *
	 * @param options.secret goes as bytes; whoever gave them wipes them
	 * @param options.seconds more time, where a person has to do something at the reader
	 * @throws ModuleFailed; unless the module only refused, the process is then gone
	 */
	async ask<A extends Asked>(
		request: A,
		options: { secret?: Buffer | undefined; seconds?: number } = {},
	): Promise<AnswerTo<A["ask"]>> {
		const step = steps[request.ask];
		const number = ++this.number;
		const from = performance.now();
		const limit = options.seconds === undefined ? Math.max(1, this.left) : options.seconds * 1000;
		let line: string;
		try {
			const said = JSON.stringify({ number, request });
			({ line } = await this.reader.ask(said, { milliseconds: limit, bytes: longestAnswer }, options.secret));
		} catch (error) {
			throw new ModuleFailed(step, ending(error, options.seconds ?? this.seconds));
		} finally {
			if (options.seconds === undefined) this.left -= performance.now() - from;
		}
		return this.taken<A["ask"]>(line, number, step, request.ask);
	}

	/** Waits until it has ended by itself, after the last call. @throws ModuleFailed when it did not end well */
	async ended(): Promise<void> {
		try {
			await this.reader.ask(undefined, { milliseconds: Math.max(1, this.left), bytes: 1 });
		} catch (error) {
			const failure = ending(error, this.seconds);
			if (failure.is !== "exited" || failure.code !== "0") throw new ModuleFailed("exit", failure);
		}
	}

	/** Ends it at once. */
	kill(): void {
		this.reader.kill();
	}

	/** @throws ModuleFailed */
	private taken<K extends Asked["ask"]>(line: string, number: number, step: Step, asked: K): AnswerTo<K> {
		let failure: ModuleFailure;
		try {
			const said = JSON.parse(line) as { number: unknown; ok: unknown; answer: unknown };
			if (said.number !== number) throw new Error("an answer to something else");
			if (said.ok === true) return shapes[asked](said.answer) as AnswerTo<K>;
			const { value, failed, count } = refused(said);
			if (value !== undefined) failure = { is: "refused", value };
			else if (count !== undefined) failure = { is: "odd", count };
			else failure = { is: "not-loaded", words: failed ?? "" };
		} catch {
			failure = { is: "odd", count: null };
		}
		if (failure.is === "odd") this.kill();
		throw new ModuleFailed(step, failure);
	}
}

/** How a process ended that was to answer. */
function ending(error: unknown, seconds: number): ModuleFailure {
	const { failure = "crash", detail = "" } = error as { failure?: string; detail?: string };
	if (failure === "time") return { is: "timed-out", seconds };
	if (failure === "answer") return { is: "odd", count: null };
	const code = Number(detail);
	// Windows gives what crashed a number beyond 2³¹ (NTSTATUS); whoever ends by itself a small one.
	if (Number.isInteger(code) && detail !== "" && code < 0x8000_0000) return { is: "exited", code: detail };
	return { is: "crashed", how: Number.isInteger(code) ? `0x${code.toString(16).toUpperCase()}` : detail };
}
