import type { Arg, Flag, ValueKind } from "./definition.js";

/** One name means one thing in every command; a definition says where it does not (`of`). */
const byName: Readonly<Record<string, ValueKind>> = {
	about: "help-topic",
	backup: "browser-backup",
	certificate: "certificate",
	environment: "environment",
	file: "file",
	from: "file",
	installer: "file",
	"out-dir": "folder",
	"out-file": "file",
	log: "file",
	"password-file": "file",
	"profile-dir": "folder",
	registry: "file",
	rejects: "file",
	"replaced-by": "certificate",
	request: "request",
	service: "service",
	site: "site",
	sites: "site",
	user: "user",
	users: "user",
	what: "holder",
	who: "holder",
};

/** What a flag's or an argument's values are, so that shells can offer some. */
export function valueKind(name: string, definition: Flag | Arg): ValueKind {
	return ("of" in definition ? definition.of : undefined) ?? byName[name] ?? "new";
}
