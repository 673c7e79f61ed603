// Builds dist/: our own code in one file, every heavy package in a file of its own that is loaded on use, the native
// binaries beside them, and the cached code of each (docs/decisions/0002).
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
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

const binaries = {
	name: "binaries",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => {
			const file = join(resolveDir, path);
			return { path: `./native/${native(file, `better-sqlite3-${file.split(/[\\/]/).at(-1)}`)}`, external: true };
		});
		// native-reg looks for its binary from the folder it stands in; a bundle stands elsewhere.
		onResolve({ filter: /^node-gyp-build$/ }, () => ({ path: "native-reg-binary", namespace: "binary" }));
		onLoad({ filter: /.*/, namespace: "binary" }, () => {
			const package_ = dirname(require.resolve("native-reg/package.json"));
			for (const arch of ["x64", "arm64"]) {
				native(join(package_, "prebuilds", `win32-${arch}`, "node.napi.node"), `native-reg-win32-${arch}.node`);
			}
			return {
				contents:
					'const file = "../native/native-reg-win32-" + process.arch + ".node"; module.exports = () => require(file);',
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
	charset: "utf8",
	plugins: [binaries],
	// What is external is always there and always CommonJS: `require` starts faster than `import()`.
	supported: { "dynamic-import": false },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "native"), { recursive: true });

await Promise.all(
	vendors.map((name) =>
		build({
			...common,
			stdin: { contents: vendorEntry(name), resolveDir: root },
			outfile: join(dist, "vendor", vendorFile(name)),
		}),
	),
);
const program = (help) =>
	build({
		...common,
		plugins: [apart, binaries],
		entryPoints: ["src/main.ts"],
		outfile: "dist/cfm.cjs",
		define: help === undefined ? {} : { CFM_ROOT_HELP: JSON.stringify(help) },
	});
await program();
for (const [name, from] of natives) cpSync(from, join(dist, "native", name));

// A Node of its own for each step: what is loaded once stays loaded.
const node = (...words) => execFileSync(process.execPath, words, { cwd: root, encoding: "utf8" });
const warm = join(root, "scripts", "warm.mjs");
// The bare help page is told by the definitions; the second build holds it as a text.
await program(node(warm, "help"));
node(warm, "cache");
