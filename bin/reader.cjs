// A process that reads or changes users' files for `cfm` (docs/decisions/0031, docs/decisions/0033). Words: its bundle, the
// megabytes it may take, and its role.
"use strict";

var path = require("node:path");
var load = require("./run.cjs").load;

var words = process.argv.slice(2);
load(path.join(__dirname, "..", "dist", path.basename(words[0])))
	.main(Number(words[1]), words.slice(2))
	.then(
		() => end(0),
		() => end(1),
	);

/** At once, but on Windows, where that can end in an assertion (`run.cjs`). */
function end(code) {
	if (process.platform === "win32") process.exitCode = code;
	else process.exit(code);
}
