/** Takes one line of what cfm does. */
export type LogSink = (line: string) => void;

const sinks = new Set<LogSink>();

/**
 * Tells what cfm does to whoever asked for it (`--verbose`, `CFM_LOG`): nobody, as a rule, and then the line is not even made.
 *
 * For supporters, so in English; never a secret, and nothing that was read from a user's files.
 */
export function log(line: () => string): void {
	if (sinks.size === 0) return;
	const text = line();
	for (const sink of sinks) sink(text);
}

/** Hears every line from now on. @returns what ends it */
export function hearLog(sink: LogSink): () => void {
	sinks.add(sink);
	return () => {
		sinks.delete(sink);
	};
}
