// The files of dist/: our own code in one file, the hot commands in another one as well, both once for each language, and
// every heavy package in a file of its own that is loaded on use (docs/decisions/0002, docs/decisions/0019).
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { inLanguage, pluralRule } from "./language-plugin.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

/** Packages that take longer to load than a look-up takes in all. */
const vendors = [
	"@oclif/core",
	"@inquirer/prompts",
	"cli-table3",
	"chalk",
	"execa",
	"csv-parse/sync",
	"csv-stringify/sync",
	"string-width",
	"native-reg",
	"koffi",
	"classic-level",
	"pbf",
	"snappyjs",
	"ini",
];
const vendorFile = (name) => `${name.replace(/^@/, "").replaceAll("/", "-")}.cjs`;

/** As Node itself would: for an importing ES module the default of a CommonJS file is all that it exports. */
const vendorEntry = (name) =>
	`const all = require("${name}"); module.exports = all.__esModule && Object.keys(all).join() === "default" ? all.default : all;`;

/** Where a bundle finds the binaries that were beside a package's own code. */
const natives = new Map();
function native(from, name) {
	natives.set(name, from);
	return name;
}

/** In our own code a heavy package is a file beside it; each vendor file holds all it needs. */
const apart = {
	name: "apart",
	setup({ onResolve }) {
		onResolve({ filter: /^[^./]/ }, ({ path }) =>
			vendors.includes(path) ? { path: `./vendor/${vendorFile(path)}`, external: true } : undefined,
		);
	},
};

/** The binaries inside packages that choose theirs at run time. classic-level has none for Windows on ARM. */
const prebuilt = {
	"native-reg": { "win32-x64": "node.napi.node", "win32-arm64": "node.napi.node" },
	"classic-level": {
		"win32-x64": "classic-level.node",
		"linux-x64": "classic-level.node",
		"linux-arm64": "classic-level.armv8.node",
	},
};

const binaries = {
	name: "binaries",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => {
			const file = join(resolveDir, path);
			return { path: `./native/${native(file, `better-sqlite3-${file.split(/[\\/]/).at(-1)}`)}`, external: true };
		});
		// koffi has its binaries in a package for each platform, of which npm installs one: this machine's. Whoever builds
		// on Linux puts those for Windows beside it (`npm install --os=win32 …`); without them `cfm ports` says so there.
		onResolve({ filter: /\/static\.cjs$/ }, () => ({ path: "koffi-binary", namespace: "koffi" }));
		onLoad({ filter: /.*/, namespace: "koffi" }, () => {
			for (const arch of ["x64", "arm64"]) {
				const file = join(root, "node_modules/@koromix", `koffi-win32-${arch}`, `win32_${arch}`, "koffi.node");
				if (existsSync(file)) native(file, `koffi-win32-${arch}.node`);
			}
			return {
				contents:
					'exports.loadStatic = (name) => { const file = "../native/koffi-" + name + ".node"; return require(file); };',
				loader: "js",
			};
		});
		// These look for their binary from the folder they stand in; a bundle stands elsewhere.
		onResolve({ filter: /^node-gyp-build$/ }, ({ importer }) => ({
			path: /[\\/]classic-level[\\/]/.test(importer) ? "classic-level" : "native-reg",
			namespace: "binary",
		}));
		onLoad({ filter: /.*/, namespace: "binary" }, ({ path: name }) => {
			const package_ = dirname(require.resolve(`${name}/package.json`));
			for (const [platform, file] of Object.entries(prebuilt[name])) {
				native(join(package_, "prebuilds", platform, file), `${name}-${platform}.node`);
			}
			return {
				contents: `const file = "../native/${name}-" + process.platform + "-" + process.arch + ".node"; module.exports = () => require(file);`,
				loader: "js",
			};
		});
	},
};

const common = {
	absWorkingDir: root,
	bundle: true,
	platform: "node",
	target: "node22.14",
	format: "cjs",
	logLevel: "warning",
	legalComments: "none",
	minify: true,
	charset: "ascii",
	plugins: [binaries],
	// What is external is always there and always CommonJS: `require` starts faster than `import()`.
	supported: { "dynamic-import": false },
};

/**
 * Makes one file.
 *
 * What is not ASCII is escaped: V8 keeps a text of two bytes a character else, and reads twice as much at every start.
 * esbuild itself leaves regular expressions alone, for their raw form would change; nothing here looks at that.
 */
async function bundle(outfile, options) {
	await build({ ...common, ...options, outfile });
	const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
	writeFileSync(outfile, readFileSync(outfile, "utf8").replace(/[^\x00-\x7f]/g, escaped));
}

/** Makes the file of every heavy package, and puts the binaries beside them. */
export async function bundleVendors(dist) {
	const vendor = (name) =>
		bundle(join(dist, "vendor", vendorFile(name)), {
			stdin: { contents: vendorEntry(name), resolveDir: root },
			// oclif would load it to run sources that were not built: nine tenths of its file, read at every help page.
			external: ["typescript"],
		});
	await Promise.all(vendors.map(vendor));
}

/** Puts the binaries that the bundles ask for beside them; to be called when all were made. */
export function copyBinaries(dist) {
	mkdirSync(join(dist, "native"), { recursive: true });
	for (const [name, from] of natives) cpSync(from, join(dist, "native", name));
}

/** The name of a bundle in a language: English has the plain one. */
export const fileOf = (name, language) => (language === undefined ? `${name}.cjs` : `${name}.${language.name}.cjs`);

/**
 * Makes the bundles of our own code in one language, in a folder that has a `bin` beside it.
 *
 * @param {string} dist
 * @param {{name: string, texts: Record<string, {text: unknown}>}} [language] none: English
 * @param {string[]} languages all that there are, English first
 */
export async function bundlePrograms(dist, language, languages) {
	const define = {
		CFM_LANGUAGES: JSON.stringify(languages),
		...(language && {
			CFM_LANGUAGE: JSON.stringify(language.name),
			CFM_PLURAL_RULE: JSON.stringify(pluralRule(language.name)),
		}),
	};
	const program = (name, more = {}) =>
		bundle(join(dist, fileOf(name, language)), {
			plugins: [apart, binaries, inLanguage(language)],
			entryPoints: [`src/${name === "cfm" ? "main" : name}.ts`],
			define: { ...define, ...more },
		});
	await Promise.all([program("cfm"), program("hot")]);
	// The bare help page is told by the definitions; the second build holds it as a text. A Node of its own asks for it: what
	// is loaded once stays loaded.
	const words = [join(root, "scripts", "warm.mjs"), "help", join(dist, fileOf("cfm", language))];
	const page = execFileSync(process.execPath, words, { cwd: root, encoding: "utf8" });
	await program("cfm", { CFM_ROOT_HELP: JSON.stringify(page) });
	if (language === undefined && languages.length > 1) await program("language");
}
