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
	var options = { filename: file };
	try {
		options.cachedData = fs.readFileSync(cacheFile(file));
	} catch (error) {
		if (error.code !== "ENOENT") throw error;
	}
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
			if (name.startsWith("./vendor/")) return load(beside);
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

function cacheFile(file) {
	return path.join(dist, "cache", `${path.basename(file)}-${process.version}-${process.platform}-${process.arch}.bin`);
}

function isSupported(version) {
	var parts = version.split(".").map(Number);
	return parts[0] > 22 || (parts[0] === 22 && parts[1] >= 14);
}

function start() {
	if (!isSupported(process.versions.node)) {
		process.stderr.write(
			"cfm needs Node 22.14 or newer, 24 or 26 (this is " +
				process.version +
				"): get it from nodejs.org, or use npx cfm in cfm's folder.\n",
		);
		process.exitCode = 2;
		return;
	}
	run(process.argv.slice(2)).then((code) => {
		// Ending at once saves the taking down of the whole engine. Only when nothing but ourselves has written:
		// our own writes are synchronous, those of a package may still be under way.
		if (Object.keys(loaded).some(isVendor)) process.exitCode = code;
		else process.exit(code);
	});
}

/** What scripts run in loops is in a small bundle too, which leaves all that it does not know to the whole one. */
function run(words) {
	var ending = language(words) + ".cjs";
	var whole = () => load(path.join(dist, "cfm" + ending)).main(words, dist);
	if (!isHot(words)) return whole();
	return load(path.join(dist, "hot" + ending))
		.main(words, dist)
		.then((code) => (code === undefined ? whole() : code));
}

/** `.fr` when that is the language to speak, nothing for English. The build makes the chooser when there is a choice. */
function language(words) {
	var chooser = path.join(dist, "language.cjs");
	if (!fs.existsSync(chooser)) return "";
	var chosen = load(chooser).chooseLanguage(words, process.env);
	return chosen === "en" ? "" : "." + chosen;
}

function isHot(words) {
	return words[0] === "ids" && ["allocate", "list", "release", "show"].includes(words[1]);
}

if (require.main === module) start();
else module.exports = { load: load, loaded: loaded, cacheFile: cacheFile, isHot: isHot };
