import type { Tone } from "./view.js";

/** Colours a text by its meaning. */
export type Paint = (text: string, tone: Tone | "quiet" | "strong") => string;

/** No colour: for pipes, NO_COLOR and dumb terminals. */
export const plain: Paint = (text) => text;

/** chalk, loaded only when something is really coloured. */
export async function coloured(): Promise<Paint> {
	const { Chalk } = await import("chalk");
	const chalk = new Chalk({ level: 1 });
	const styles = { good: chalk.green, caution: chalk.yellow, bad: chalk.red, quiet: chalk.dim, strong: chalk.bold };
	return (text, tone) => styles[tone](text);
}
