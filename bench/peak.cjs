// Loaded before `cfm`: when the process ends it writes its peak of memory, in KB, to descriptor 3.
"use strict";
const { writeSync } = require("node:fs");

process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));
