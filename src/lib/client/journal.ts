import { CfmError } from "../errors.js";
import { log } from "../log.js";
import { t } from "../text.js";

/** What happened to a client, line by line with its time. It is for administrators and for support, and always English. */
export class Journal {
	private readonly lines: string[] = [];

	constructor(
		private readonly now: () => Date,
		what: string,
	) {
		this.note(what);
	}

	note(text: string): void {
		log(() => text);
		// A path or a version may hold a line break: an entry is one line.
		this.lines.push(`${this.now().toISOString()} ${text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "?")}`);
	}

	end(error: CfmError | undefined, more: string): void {
		this.note(more);
		this.note(error === undefined ? "succeeded" : `failed: ${error.kind} ${error.code}: ${error.message}`);
	}

	get text(): string {
		return `${this.lines.join("\n")}\n`;
	}
}

/** The same error, which also says where the log is. */
export function withLog(error: CfmError | undefined, log: string | null): CfmError | undefined {
	if (error === undefined || log === null) return error;
	return new CfmError(error.kind, error.code, error.message, {
		hints: [...error.hints, t`What happened is in ${log}.`],
		data: { ...error.data, log },
		cause: error.cause,
	});
}
