// The files of dist/: our own code in one file, each hot command in one of its own as well, all once for each language, and
// every heavy package in a file of its own that is loaded on use (docs/decisions/0002, docs/decisions/0019).
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { inLanguage, pluralRule } from "./language-plugin.mjs";
import { nativeFile } from "./natives.mjs";
import { updateKey } from "./update-key.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const { hot, bundleOf, onServer } = require("../bin/run.cjs");

/** Packages that take longer to load than a look-up takes in all. */
const vendors = [
	"@oclif/core",
	"@inquirer/prompts",
	"cli-table3",
	"csv-parse/sync",
	"csv-stringify/sync",
	"iconv-lite",
	"native-reg",
	"koffi",
	"tldts",
	"yaml",
	"pg",
	"@embedpdf/pdfium",
	"@cantoo/pdf-lib",
];
/** Those of one file: a bundle has few, for a virus scanner reads each. */
const together = { csv: ["csv-parse/sync", "csv-stringify/sync"] };
const fileOfSeveral = (name) => Object.keys(together).find((file) => together[file].includes(name));
const vendorFile = (name) => `${fileOfSeveral(name) ?? name.replace(/^@/, "").replaceAll("/", "-")}.cjs`;

/** As Node itself would: for an importing ES module the default of a CommonJS file is all that it exports. */
const vendorEntry = (name) => {
	const several = together[fileOfSeveral(name)];
	if (several !== undefined) return several.map((one) => `Object.assign(exports, require("${one}"));`).join("\n");
	return `const all = require("${name}"); module.exports = all.__esModule && Object.keys(all).join() === "default" ? all.default : all;`;
};

/** Where a bundle finds the binaries that were beside a package's own code. */
const natives = new Map();
function native(from, name) {
	natives.set(name, from);
	return name;
}

/** What a bundle holds itself: every reader needs its packages at once, and a command on a server the driver. */
function insideOf(name) {
	if (name === "reader") return ["pbf", "snappyjs"];
	return name.endsWith(onServer) ? ["pg"] : [];
}

/** In our own code a heavy package is a file beside it; each vendor file holds all it needs. */
const apart = (inside = []) => ({
	name: "apart",
	setup({ onResolve }) {
		onResolve({ filter: /^[^./]/ }, ({ path }) =>
			vendors.includes(path) && !inside.includes(path)
				? { path: `./vendor/${vendorFile(path)}`, external: true }
				: undefined,
		);
		// `bin/run.cjs` and the program must mean the same one.
		onResolve({ filter: /\/isolation\/early\.js$/ }, () => ({ path: "./early.cjs", external: true }));
	},
});

/** What SCRAM takes, by Node's older interface: to load the newer one and to wait for it costs a sixth of Node's own start. */
const scram = `const crypto = () => require("node:crypto");
	exports.randomBytes = (size) => crypto().randomBytes(size);
	exports.deriveKey = async (password, salt, iterations) => crypto().pbkdf2Sync(password, salt, iterations, 32, "sha256");
	exports.hashByName = async (name, text) => crypto().createHash(name.replace("-", "")).update(text).digest();
	exports.sha256 = (text) => exports.hashByName("sha256", text);
	exports.hmacSha256 = async (key, text) => crypto().createHmac("sha256", key).update(text).digest();
	exports.md5 = async (text) => crypto().createHash("md5").update(text).digest("hex");
	exports.postgresMd5PasswordHash = async (user, password, salt) =>
		"md5" + (await exports.md5(Buffer.concat([Buffer.from(await exports.md5(password + user)), salt])));`;

/**
 * The driver of PostgreSQL, with nothing that is for others (pools; files of passwords, which we read ourselves), and what it
 * may not need loaded when it does: names are looked up for no socket, and not everybody is asked for a password.
 */
const driver = {
	name: "driver",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /^pg$/ }, () => ({ path: "client", namespace: "pg" }));
		onResolve({ filter: /^\.\/(crypto\/)?utils$/ }, ({ path, resolveDir }) =>
			path === "./crypto/utils" || resolveDir.endsWith("crypto") ? { path: "scram", namespace: "pg" } : undefined,
		);
		onResolve({ filter: /^dns$/ }, () => ({ path: "dns", namespace: "pg" }));
		onResolve({ filter: /^pgpass$/ }, () => ({ path: "pgpass", namespace: "pg" }));
		const contents = {
			scram,
			client: 'exports.Client = require("pg/lib/client.js");',
			dns: 'exports.lookup = (...words) => require("node:dns").lookup(...words);',
			pgpass: 'module.exports = () => { throw new Error("asked for a password, which is given"); };',
		};
		onLoad({ filter: /.*/, namespace: "pg" }, ({ path }) => ({ contents: contents[path], resolveDir: root }));
	},
};

/** The binaries inside packages that choose theirs at run time. */
const prebuilt = { "native-reg": { "win32-x64": "node.napi.node", "win32-arm64": "node.napi.node" } };

const binaries = {
	name: "binaries",
	setup({ onResolve, onLoad }) {
		// Compiled by the build itself, after the bundles (`pkcs11.mjs`); without it cfm goes on by koffi.
		onResolve({ filter: /\/pkcs11\.node$/ }, () => ({ path: "pkcs11js-binary", namespace: "pkcs11js" }));
		onLoad({ filter: /.*/, namespace: "pkcs11js" }, () => ({
			contents:
				'const file = "./native/pkcs11-" + process.platform + "-" + process.arch + ".node"; module.exports = require(file);',
			loader: "js",
		}));
		onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => {
			const file = join(resolveDir, path);
			return { path: `./native/${native(file, `better-sqlite3-${file.split(/[\\/]/).at(-1)}`)}`, external: true };
		});
		// koffi has its binaries in a package for each platform, of which npm installs one: this machine's.
		onResolve({ filter: /\/static\.cjs$/ }, () => ({ path: "koffi-binary", namespace: "koffi" }));
		onLoad({ filter: /.*/, namespace: "koffi" }, () => {
			for (const platform of ["win32", "linux"]) {
				for (const arch of ["x64", "arm64"]) {
					const name = `koffi-${platform}-${arch}`;
					native(nativeFile(root, `@koromix/${name}`, `${platform}_${arch}/koffi.node`), `${name}.node`);
				}
			}
			return {
				contents:
					'exports.loadStatic = (name) => { const file = "../native/koffi-" + name + ".node"; return require(file); };',
				loader: "js",
			};
		});
		// These look for their binary from the folder they stand in; a bundle stands elsewhere.
		onResolve({ filter: /^node-gyp-build$/ }, () => ({
			path: "native-reg",
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
	const { metafile } = await build({ ...common, ...options, outfile, metafile: true });
	for (const file of Object.keys(metafile.inputs)) noteFile(file);
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
	const firsts = vendors.filter((name) => name === (together[fileOfSeveral(name)]?.[0] ?? name));
	await Promise.all(firsts.map(vendor));
}

/** Puts the binaries that the bundles ask for beside them; to be called when all were made. */
export function copyBinaries(dist) {
	// For every system the same.
	cpSync(require.resolve("@embedpdf/pdfium/pdfium.wasm"), join(dist, "pdfium.wasm"));
	mkdirSync(join(dist, "native"), { recursive: true });
	for (const [name, from] of natives) {
		cpSync(from, join(dist, "native", name));
		noteFile(from);
	}
}

/** The folders of the packages of which something is in a bundle. */
const packages = new Set();

function noteFile(file) {
	const at = file.lastIndexOf("node_modules/");
	const name = at < 0 ? undefined : /^(@[^/]+\/)?[^/]+/.exec(file.slice(at + "node_modules/".length))?.[0];
	if (name !== undefined) packages.add(`${file.slice(0, at)}node_modules/${name}`);
}

/** Says of which packages the bundles were made: whoever ships them names their licences (`scripts/bundle/licences.mjs`). */
export function writePackages(file) {
	const below = [...packages].map((folder) => relative(root, resolve(root, folder)).replaceAll("\\", "/"));
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, `${JSON.stringify([...new Set(below)].sort(), null, "\t")}\n`);
}

/** The bundles of our own code that run commands or readers, smallest first, by their names in dist/. */
export const programs = [
	...hot.flatMap((id) => [bundleOf(id, ""), bundleOf(id, onServer)]),
	...["reader", "token", "message", "letters", "plain", "cfm"],
];

/**
 * What a bundle is made of: the whole program and the reader have a file in src/, a hot command its definition, and the one or
 * the other kind of registry.
 */
function sourceOf(name) {
	const id = hot.find((one) => [bundleOf(one, ""), bundleOf(one, onServer)].includes(name));
	if (id === undefined) return { entryPoints: [`src/${name === "cfm" ? "main" : name}.ts`] };
	const isForServer = name.endsWith(onServer);
	const host = isForServer ? "serverHost" : "fileHost";
	const contents = `import { hot } from "./hot.js";
		import { ${host} } from "./lib/hot-${isForServer ? "server" : "file"}.js";
		import definition from "./commands/${id.replace(" ", "/")}.js";
		export const main = hot("${id}", definition, { host: ${host}, onServer: ${isForServer} });`;
	return { stdin: { contents, resolveDir: join(root, "src") } };
}

/** The name of a bundle in a language: English has the plain one. */
export const fileOf = (name, language) => (language === undefined ? `${name}.cjs` : `${name}.${language.name}.cjs`);

/** What ends an update that was cut off, as a text: an update puts it beside its journal, for `bin/run.cjs`. */
async function finishing() {
	const entryPoints = ["src/lib/adapters/disk/finish.ts"];
	const { outputFiles } = await build({ ...common, entryPoints, write: false });
	return outputFiles[0].text;
}

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
		CFM_UPDATE_KEY: JSON.stringify(updateKey()),
		...(language && {
			CFM_LANGUAGE: JSON.stringify(language.name),
			CFM_PLURAL_RULE: JSON.stringify(pluralRule(language.name)),
		}),
	};
	const program = (name, more = {}) =>
		bundle(join(dist, fileOf(name, language)), {
			plugins: [...(name.endsWith(onServer) ? [driver] : []), apart(insideOf(name)), binaries, inLanguage(language)],
			...sourceOf(name),
			define: { ...define, ...more },
		});
	const finish = { CFM_FINISH: JSON.stringify(await finishing()) };
	await Promise.all(programs.map((name) => program(name, finish)));
	if (language === undefined)
		await bundle(join(dist, "early.cjs"), { entryPoints: ["src/lib/adapters/isolation/early.ts"] });
	// Help pages are told by the definitions. A Node of its own draws them: what is loaded once stays loaded. The second build
	// holds the bare page as a text.
	const draw = (step) =>
		execFileSync(process.execPath, [join(root, "scripts", "warm.mjs"), step, join(dist, fileOf("cfm", language))], {
			...{ cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 },
			// Under a tester's NODE_ENV oclif looks for sources.
			env: { ...process.env, FORCE_COLOR: "1", NO_COLOR: undefined, NODE_ENV: "production" },
		});
	writeFileSync(join(dist, fileOf("help", language).replace(/cjs$/, "json")), draw("pages"));
	const drawn = { ...finish, CFM_ROOT_HELP: JSON.stringify(draw("help")), CFM_NOUNS: draw("nouns") };
	for (const name of ["plain", "cfm"]) await program(name, drawn);
	if (language === undefined && languages.length > 1) await program("language");
}
