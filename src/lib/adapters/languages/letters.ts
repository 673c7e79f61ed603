import { createRequire } from "node:module";
import { join } from "node:path";
import type * as letters from "../../../letters.js";

/** Of the bundle that runs: `dist`. */
declare const __dirname: string;

/** The bundle that writes to people in another language than this one; it stands beside it. */
export function lettersIn(language: string): typeof letters {
	return createRequire(join(__dirname, "letters.cjs"))(join(__dirname, bundleIn(language)));
}

const bundleIn = (language: string) => (language === "en" ? "letters.cjs" : `letters.${language}.cjs`);
