import type { Again, Hint } from "../command-line.js";
import { CfmError } from "../errors.js";
import { log } from "../log.js";
import type { Asker, Danger, Narrator } from "../operation/operation.js";
import { t, visible } from "../text.js";
import type { AnyCommand, outputs, Program, Request } from "./definition.js";
import { typedLine, type Voice, voiceFor } from "./hints.js";
import { print } from "./print.js";
import { type Progress, progress } from "./progress.js";
import type { Streams } from "./streams.js";
import type { Block } from "./view.js";

/** What every command was asked, whatever else it takes. */
export interface CommonFlags {
	json: boolean;
	pretty: boolean;
	verbose?: boolean | undefined;
	lang?: string | undefined;
	output?: (typeof outputs)[number] | undefined;
	columns?: string | undefined;
	registry?: string | undefined;
	"password-file"?: string | undefined;
	"dry-run"?: boolean | undefined;
	yes?: boolean | undefined;
	confirm?: string | undefined;
	"request-id"?: string | undefined;
}

/** What a running command has of the shell it runs in: flags common to all, warnings, questions, progress. */
export class Shell implements Asker, Narrator {
	readonly warnings: Hint[] = [];
	readonly voice: Voice;
	private readonly closers: (() => void)[] = [];

	constructor(
		/** The command's id: `ids allocate`. */
		readonly command: string,
		readonly definition: AnyCommand,
		readonly request: Request<never, never>,
		readonly streams: Streams,
		/** All commands and nouns, for what speaks of others than itself. */
		readonly program: () => Promise<Program> = async () => ({ commands: { [command]: definition }, topics: {} }),
	) {
		this.voice = voiceFor(
			streams,
			() => typedLine(command, request),
			(flag) => Object.hasOwn(definition.flags ?? {}, flag),
		);
	}

	get flags(): CommonFlags {
		return this.request.flags as unknown as CommonFlags;
	}

	/** Something the administrator should know although the command did what was asked. */
	warn(message: Hint): void {
		this.warnings.push(message);
	}

	/** Says something to people now, before the command has ended. */
	show(blocks: readonly Block[]): Promise<void> {
		return print(blocks, this.streams, { voice: this.voice, output: this.flags.output });
	}

	/** Work to be done when the result has been printed, last first. */
	atEnd(close: () => unknown): void {
		this.closers.push(close);
	}

	async end(): Promise<void> {
		for (const close of this.closers.splice(0).reverse()) await close();
	}

	/** Shows on stderr how far long work has come. */
	progress(label: string, total?: number): Progress {
		return progress(this.streams, label, total);
	}

	/** Does work under a sign that it goes on; the work can say what it has come to. */
	async during<T>(label: string, work: (now: (label: string) => void) => Promise<T>): Promise<T> {
		log(() => label);
		let sign = this.progress(label);
		const now = (next: string) => {
			log(() => next);
			sign.end();
			sign = this.progress(next);
		};
		return work(now).finally(() => sign.end());
	}

	/** Does work that says itself how far it has come, under a bar. */
	async withProgress<T>(label: string, work: (heard: (done: number, total: number) => void) => Promise<T>): Promise<T> {
		let bar: Progress | undefined;
		try {
			return await work((done, total) => {
				bar ??= this.progress(label, total);
				bar.at(done);
			});
		} finally {
			bar?.end();
		}
	}

	/** Whether this command may ask: only a person at a terminal can answer, and a script that wants JSON is not one. */
	get canAsk(): boolean {
		return this.streams.inIsTerminal && this.streams.errIsTerminal && !this.flags.json;
	}

	/**
	 * Asks before a change, unless `--yes` or `--confirm NAME` answered in advance.
	 *
	 * @returns false when it stays a plan, since nobody could be asked
	 * @throws CfmError usage `agreement-needed` off a terminal, `wrong-confirmation`; cancelled `cancelled`
	 */
	async agree({ question, details = [], name, planAlone }: Danger): Promise<boolean> {
		if (name === undefined ? this.flags.yes : this.isConfirmed(name)) return true;
		if (planAlone === "unasked") return false;
		if (!this.canAsk) {
			if (planAlone !== undefined) return false;
			throw agreementNeeded(name === undefined ? { yes: true } : { confirm: name });
		}
		for (const line of details) this.streams.err(`${visible(line)}\n`);
		const { askText, askYesNo, cancelled } = await import("./prompt.js");
		if (name === undefined) {
			if (!(await askYesNo(question, this.streams.prompts))) throw cancelled();
			return true;
		}
		const check = (answer: string) => (answer === name ? undefined : t`That is not ${name}. Press Ctrl-C to cancel.`);
		await askText(t`${question} Type ${name} to continue:`, undefined, check, this.streams.prompts);
		return true;
	}

	/** Asks for what must not be seen; only where `canAsk`. @throws CfmError cancelled `cancelled` */
	async askSecret(question: string): Promise<string> {
		const { askSecret } = await import("./prompt.js");
		return askSecret(question, this.streams.prompts);
	}

	/** @throws CfmError usage `wrong-confirmation` when another name was said */
	private isConfirmed(name: string): boolean {
		const given = this.flags.confirm;
		if (given === undefined || given === name) return given === name;
		throw new CfmError("usage", "wrong-confirmation", t`--confirm says ${given}, but this changes ${name}.`, {
			hints: [{ again: { confirm: name } }],
		});
	}
}

function agreementNeeded(agreement: Again["again"]): CfmError {
	return new CfmError(
		"usage",
		"agreement-needed",
		t`This change needs your confirmation, and there is no terminal to ask on.`,
		{
			hints: [
				{ say: t`To preview the change:`, line: { again: { "dry-run": true } } },
				{ say: t`To continue:`, line: { again: agreement } },
			],
		},
	);
}
