#!/usr/bin/env node
// Start-up only. Plain CommonJS that any Node since 16 can parse and run: on one that is too old it must still
// say so, before the native module is loaded that would crash it. (`.cjs`, not `.js`: Node then need not look for a
// package.json to know what this file is.)
"use strict";

var fs = require("node:fs");
var path = require("node:path");
var vm = require("node:vm");
var Module = require("node:module");

var dist = path.join(__dirname, "..", "dist");
var loaded = Object.create(null);

/**
 * Loads one file of the bundle like `require`, with V8's cached code when the build made it for this very Node.
 *
 * The cache lies beside the bundle and nowhere else: whoever can write it decides what runs (docs/decisions/0002).
 */
function load(file) {
	if (require.cache[file]) return require.cache[file].exports;
	var source = fs.readFileSync(file, "utf8");
	var options = { filename: file, cachedData: cachedCode(file) };
	// vm.constants is younger than the oldest Node that this file must survive.
	if (vm.constants) options.importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
	var script = new vm.Script(Module.wrap(source), options);
	var module_ = new Module(file, module);
	module_.filename = file;
	module_.paths = [];
	require.cache[file] = module_;
	loaded[file] = script;
	var native = Module.createRequire(file);
	script.runInThisContext().call(
		module_.exports,
		module_.exports,
		function requireBeside(name) {
			var beside = path.join(path.dirname(file), name);
			if (name.startsWith("./vendor/") || name === "./early.cjs") return load(beside);
			return name.endsWith(".node") ? loadNative(beside) : native(name);
		},
		module_,
		file,
		path.dirname(file),
	);
	module_.loaded = true;
	return module_.exports;
}

/** A native addon, without `require`'s search for a package.json. */
function loadNative(file) {
	if (!loaded[file]) {
		loaded[file] = { exports: {} };
		process.dlopen(loaded[file], file);
	}
	return loaded[file].exports;
}

function isVendor(file) {
	return path.basename(path.dirname(file)) === "vendor";
}

var cache;

/** V8's cached code of one file; undefined when this very Node wrote none. `scripts/cache.mjs` says how it is kept. */
function cachedCode(file) {
	if (cache === undefined) cache = openCache();
	var place = cache.list[path.basename(file)];
	if (place === undefined) return undefined;
	var code = Buffer.allocUnsafeSlow(place[1]);
	return fs.readSync(cache.handle, code, 0, place[1], place[0]) === place[1] ? code : undefined;
}

/** The file and the list at its start, which is read with one call when it is no longer than usual. */
function openCache() {
	var handle;
	try {
		handle = fs.openSync(path.join(dist, "cache", runtime() + ".bin"), "r");
	} catch (error) {
		if (error.code !== "ENOENT") throw error;
		return { list: {} };
	}
	var start = Buffer.allocUnsafe(8192);
	fs.readSync(handle, start, 0, start.length, 0);
	var length = start.readUInt32LE(0);
	if (4 + length > start.length) {
		start = Buffer.allocUnsafe(4 + length);
		fs.readSync(handle, start, 0, start.length, 0);
	}
	return { handle: handle, list: JSON.parse(start.toString("utf8", 4, 4 + length)) };
}

/** Whose cached code may be read: that of the same version for the same system. */
function runtime() {
	return process.version + "-" + process.platform + "-" + process.arch;
}

/** Why this Node must not run cfm; undefined when it may. */
function refusal(version, platform) {
	var parts = version.split(".").map(Number);
	var is = " (this is v" + version + "): get it from nodejs.org, or use npx cfm in cfm's folder.\n";
	if (parts[0] < 22 || (parts[0] === 22 && parts[1] < 14)) return "cfm needs Node 22.14 or newer, 24 or 26" + is;
	// On Windows its rmSync leaves a folder whose path is not ASCII as it is and says nothing: copies of browsers' stores
	// would stay behind. Seen in 24.11.1; 24.13.1 is right.
	if (platform === "win32" && parts[0] === 24 && (parts[1] < 13 || (parts[1] === 13 && parts[2] === 0)))
		return (
			"Node 24.0 to 24.13.0 leaves files behind on Windows that cfm removes; cfm needs 24.13.1 or newer, 22 or 26" + is
		);
}

function start() {
	var why = refusal(process.versions.node, process.platform);
	if (why !== undefined) {
		process.stderr.write(why);
		process.exitCode = 2;
		return;
	}
	var ended = endUpdate(process.argv.slice(2));
	if (ended !== undefined) {
		process.exitCode = ended;
		return;
	}
	run(process.argv.slice(2)).then((code) => {
		// Ending at once saves the taking down of the whole engine. Only when nothing but ourselves has written:
		// our own writes are synchronous, those of a package may still be under way.
		if (process.platform === "win32") endOnWindows(code);
		else if (Object.keys(loaded).some(isVendor)) process.exitCode = code;
		else process.exit(code);
	});
}

/**
 * An update that was cut off is brought to its end before anything else is loaded, for that may be of two versions
 * (docs/decisions/0060); then the whole program, of one version, does what was asked.
 */
function endUpdate(words) {
	var folder = path.join(__dirname, "..");
	var place = path.join(folder, "update");
	if (!fs.existsSync(path.join(place, "switch.json"))) return undefined;
	var finisher = require(path.join(place, "finish.cjs"));
	var refusal = finisher.refusal(finisher.finish(folder));
	if (refusal === undefined) {
		finisher.sweepUpdate(folder);
		return startAgain(folder, words);
	}
	var error = Object.assign({}, refusal, { hints: [], remedies: [], data: {} });
	if (words.indexOf("--json") < 0) process.stderr.write(refusal.message + "\n");
	else process.stdout.write(JSON.stringify({ ok: false, error: error, warnings: [] }) + "\n");
	return refusal.kind === "busy" ? 6 : 7;
}

/** The Node beside may be another one now. */
function startAgain(folder, words) {
	var own = path.join(folder, "node", process.platform === "win32" ? "node.exe" : "node");
	var node = fs.existsSync(own) ? own : process.execPath;
	var ended = require("node:child_process").spawnSync(node, [__filename].concat(words), { stdio: "inherit" });
	// One that was killed, or never started, has no exit code, and must not pass for success.
	if (ended.error !== undefined) process.stderr.write("cfm could not start again: " + ended.error.message + "\n");
	return ended.status === null ? 1 : ended.status;
}

/**
 * On Windows the taking down of Node 23 and later can end in an assertion of libuv, with its text on stderr and the code
 * 0xC0000409 in place of ours, most of all in `process.exit` (nodejs/node#56645; seen under Wine with 24.21.0). So nothing
 * is cut short, and when all is done Windows itself is asked for the end, where what calls it is loaded anyway.
 */
function endOnWindows(code) {
	process.exitCode = code;
	var koffi = require.cache[path.join(dist, "vendor", "koffi.cjs")];
	if (koffi === undefined || !koffi.loaded) return; // not asked for, or its binary could not be loaded
	process.on("exit", (last) => {
		var kernel = koffi.exports.load("kernel32.dll"); // one of those that Windows never searches for
		kernel.func("int __stdcall TerminateProcess(void *process, uint32 code)")(-1n, last);
	});
}

/** What scripts run in loops has a small bundle each, which leaves all that it does not know to the whole one. */
function run(words) {
	var spoken = language(words);
	var ending = spoken + ".cjs";
	for (var noun of asksProcesses(words)) load(path.join(dist, "early.cjs")).startEarly(spoken, noun);
	var whole = () => load(path.join(dist, "cfm" + ending)).main(words, dist);
	if (isPlain(words))
		return load(path.join(dist, "plain" + ending))
			.main(words, dist)
			.then((code) => (code === undefined ? whole() : code));
	var id = hotId(words);
	if (id === undefined) return whole();
	var hotOne = (where) => load(path.join(dist, bundleOf(id, where) + ending)).main(words, dist);
	return hotOne(meansServer(words) ? onServer : "")
		.then((code) => (code === "server" ? hotOne(onServer) : code))
		.then((code) => (code === undefined ? whole() : code));
}

/** What the build has drawn already: the version, and help. */
function isPlain(words) {
	var asks = ["--help", "-h", "--version", "-v", "-V"];
	return words.length < 2 || words[0] === "help" || asks.includes(words[words.length - 1]);
}

/** Whether the words or the process environment name a server. The bundle itself looks again, and into setting files. */
function meansServer(words) {
	var at = words.indexOf("--registry");
	var named = at < 0 ? words.find((word) => word.startsWith("--registry=")) : words[at + 1];
	return /^(--registry=)?postgres(ql)?:\/\//i.test(named === undefined ? process.env.CFM_REGISTRY || "" : named);
}

/** `.fr` when that is the language to speak, nothing for English. The build makes the chooser when there is a choice. */
function language(words) {
	var chooser = path.join(dist, "language.cjs");
	if (!fs.existsSync(chooser)) return "";
	var chosen = load(chooser).chooseLanguage(words, process.env);
	return chosen === "en" ? "" : "." + chosen;
}

/**
 * What reads users' files, or asks tokens, does so in processes of its own, which take as long to start as all the rest: of
 * which nouns they are that these words ask.
 */
function asksProcesses(words) {
	if (words.includes("--help")) return [];
	// Whoever is not root looks at clients with their own rights.
	var clients = isRoot() ? ["client"] : [];
	if (words[0] === "me") return clients.concat("web");
	if (words[0] === "tokens") return ["list", "show", "test"].includes(words[1]) ? ["tokens"] : [];
	if (words[0] === "web") return ["list", "set", "clear", "repair"].includes(words[1]) ? ["web"] : [];
	return words[0] === "client" && ["list", "show", "set"].includes(words[1]) ? clients : [];
}

function isRoot() {
	return process.geteuid !== undefined && process.geteuid() === 0;
}

/** What the name of a bundle ends with that works with registries on servers. */
var onServer = "-on-server";

/** The name of the small bundle of a command: `ids show` is in dist/ids-show.cjs. */
function bundleOf(id, where) {
	return id.replace(" ", "-") + where;
}

/** The commands with small bundles, for the build too. */
var hot = ["find", "ids allocate", "ids list", "ids release", "ids show"];

/** Which of them the words begin with. */
function hotId(words) {
	return hot.find((id) => words[0] === id || words[0] + " " + words[1] === id);
}

if (require.main === module) start();
else
	module.exports = {
		load: load,
		loaded: loaded,
		runtime: runtime,
		hot: hot,
		hotId: hotId,
		bundleOf: bundleOf,
		onServer: onServer,
		refusal: refusal,
	};
