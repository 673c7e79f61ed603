// Imports run one way (docs/architecture.md). Each rule says why it is there.
const only = (name, comment, packages, rooms) => ({
	name,
	comment,
	severity: "error",
	from: { path: "^src", pathNot: rooms },
	to: { path: `^node_modules/(${packages})(/|$)` },
});

// The rooms of what the domain decides, from the ground up (docs/architecture.md draws them): each knows those before it
// in the list and none that comes after, so no two need each other.
const floors = [
	...[
		"calendar",
		"finding",
		"certificate",
		"cms",
		"pdf",
		"signature",
		"account",
		"registry",
		"operation",
		"settings",
		"environment",
		"id",
		"operator",
	],
	...[
		"client",
		"site",
		"webid",
		"port",
		"surroundings",
		"token",
		"sign",
		"activation",
		"registered",
		"service",
		"notice",
		"self",
		"schedule",
		"host",
		"audit",
		"doctor",
		"user",
		"find",
		"status",
	],
];
// The registry's port names the rows and the operations that stand on it, and an environment the IDs in it: as types.
const namesWhatStandsOnIt = ["registry", "environment"];

const upwards = floors.slice(0, -1).map((room, at) => ({
	name: `${room}-knows-no-room-above-it`,
	severity: "error",
	from: { path: `^src/lib/${room}/` },
	to: {
		path: `^src/lib/(${floors.slice(at + 1).join("|")})/`,
		...(namesWhatStandsOnIt.includes(room) && { dependencyTypesNot: ["type-only"] }),
	},
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
	forbidden: [
		{
			name: "no-cycles",
			severity: "error",
			from: {},
			to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
		},
		{
			name: "no-cycles-between-rooms-of-technology",
			comment: "Types count too: a room can be read, moved and replaced without the one that uses it.",
			severity: "error",
			scope: "folder",
			from: { path: "^src/lib/(adapters|cli)" },
			to: { circular: true, path: "^src/lib/(adapters|cli)" },
		},
		...upwards,
		{ name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
		{
			name: "commands-call-the-domain",
			comment: "A command parses, calls and shows: it reaches technology through its context.",
			severity: "error",
			from: { path: "^src/commands/" },
			to: { path: "^src/lib/adapters/" },
		},
		{
			name: "commands-know-no-other-command",
			comment: "What several commands of a noun share is in its folder, in files whose names begin with _.",
			severity: "error",
			from: { path: "^src/commands/" },
			to: { path: "^src/(commands/|main|hot|commands\\.ts)", pathNot: "/_[^/]+$" },
		},
		{
			name: "domain-knows-no-shell-and-no-technology",
			comment: "What an administrator types and where things are stored can change without the rules changing.",
			severity: "error",
			from: { path: `^src/lib/(${floors.join("|")})/` },
			to: { path: "^src/(lib/(cli/|adapters/|context|this-host)|commands)" },
		},
		{
			name: "adapters-know-no-shell",
			severity: "error",
			from: { path: "^src/lib/adapters/" },
			to: { path: "^src/(lib/(cli/|context|this-host)|commands)" },
		},
		{
			name: "the-shell-knows-no-technology",
			severity: "error",
			from: { path: "^src/lib/cli/" },
			to: { path: "^src/(lib/(adapters/|this-host)|commands)" },
		},
		{
			name: "errors-and-text-stand-alone",
			severity: "error",
			from: { path: "^src/lib/(errors|text|known|system-errors|command-line)\\.ts$" },
			to: { path: "^src/", pathNot: "^src/lib/(errors|text|command-line)\\.ts$" },
		},
		only(
			"only-the-shell-draws",
			"One place decides how things look.",
			"chalk|@inquirer|cli-table3|string-width",
			"^src/lib/cli/",
		),
		only("only-the-shell-knows-oclif", "The other parser must stay possible.", "@oclif", "^src/lib/cli/oclif\\.ts$"),
		only(
			"only-adapters-know-sqlite",
			"PostgreSQL answers the same port.",
			"better-sqlite3",
			"^src/lib/adapters/(registry-sqlite|sqlite)/",
		),
		only("only-adapters-write-tasks", "The domain knows jobs.", "fast-xml-parser", "^src/lib/adapters/scheduler/"),
		only("only-adapters-make-calendars", "The domain names dates.", "ical-generator", "^src/lib/adapters/calendar/"),
		only("only-adapters-make-mail", "The domain writes letters.", "nodemailer", "^src/lib/adapters/mail/"),
		only("only-adapters-know-postgresql", "", "pg", "^src/lib/adapters/registry-postgres/"),
		only(
			"only-adapters-read-ini",
			"PostgreSQL's services. Firefox's list of profiles is of another grammar.",
			"ini",
			"^src/lib/adapters/registry-postgres/",
		),
		{
			name: "only-two-files-start-programs",
			comment: "No shell, argument arrays; and the reader of users' files, which is this program itself.",
			severity: "error",
			from: { path: "^src", pathNot: "^src/lib/adapters/(processes/start|isolation/reader)\\.ts$" },
			to: { path: "^(node:)?child_process$" },
		},
		only("only-stores-read-their-encodings", "", "pbf", "^src/lib/adapters/(leveldb|chromium)/"),
		only("only-firefox-asks-for-base-domains", "Its files name them.", "tldts", "^src/lib/adapters/firefox/"),
		only("only-adapters-read-windows", "", "native-reg", "^src/lib/adapters/windows/"),
		only("only-adapters-call-the-system", "", "koffi", "^src/lib/adapters/(windows|leveldb|openssl|pkcs11)/"),
		only("only-one-adapter-reads-messages", "", "pkijs|asn1js", "^src/lib/adapters/pkijs/"),
		only(
			"only-one-adapter-reads-pdf",
			"What reads them ends with them.",
			"@embedpdf|@cantoo",
			"^src/lib/adapters/pdfium/",
		),
		only("only-one-adapter-calls-tokens", "What calls a module ends with it.", "pkcs11js", "^src/lib/adapters/pkcs11/"),
	],
	options: {
		doNotFollow: { path: "node_modules" },
		tsConfig: { fileName: "tsconfig.json" },
		tsPreCompilationDeps: true,
		enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
	},
};
