// Loaded by Node before `cfm`: writes down, in the file that TOUCHED names, each path that this process hands to node:fs.
// Processes that it starts are told no NODE_OPTIONS and no preload, so what is written down is the program's own doing.
"use strict";

const fs = require("node:fs");
const { appendFileSync } = fs;
const file = process.env.TOUCHED;

let isNoting = false;

function note(words) {
	// What writes it down is one of those functions, and uses others.
	if (isNoting) return;
	isNoting = true;
	for (const word of words) if (typeof word === "string") appendFileSync(file, `${word}\n`);
	isNoting = false;
}

function spied(owner, name) {
	const own = owner[name];
	const seen = function (...words) {
		note(words);
		return own.apply(this, words);
	};
	// `realpathSync.native`
	for (const part of Object.keys(own)) seen[part] = typeof own[part] === "function" ? spied(own, part) : own[part];
	return seen;
}

for (const owner of [fs, fs.promises]) {
	for (const name of Object.keys(owner)) {
		if (typeof owner[name] === "function" && !/^[A-Z_]/.test(name)) owner[name] = spied(owner, name);
	}
}
