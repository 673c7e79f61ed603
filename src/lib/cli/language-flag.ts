/**
 * Takes `--lang LANGUAGE` out of a command line, wherever it stands before `--`: it may come before the command too.
 *
 * @returns the other words; `lang` is undefined when it is not there or has no value, which is then among the words
 */
export function takeLanguage(argv: readonly string[]): { words: readonly string[]; lang: string | undefined } {
	const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
	const at = argv.findIndex((word) => word === "--lang" || word.startsWith("--lang="));
	if (at < 0 || at >= end) return { words: argv, lang: undefined };
	const isOneWord = argv[at] !== "--lang";
	const lang = isOneWord ? argv[at]?.slice("--lang=".length) : argv[at + 1];
	if (lang === undefined || (!isOneWord && lang.startsWith("-"))) return { words: argv, lang: undefined };
	return { words: argv.toSpliced(at, isOneWord ? 1 : 2), lang };
}
