import { expect, it } from "vitest";
import { topics } from "../../../../src/commands.js";
import { suggest } from "../../../../src/lib/cli/completion/suggest.js";
import { valueKind } from "../../../../src/lib/cli/value-kinds.js";
import { loadAll } from "../../../../src/main.js";

const program = { commands: await loadAll(), topics };

function values(...words: string[]) {
	const found = suggest({ before: words.slice(0, -1), word: words.at(-1) ?? "" }, program);
	return "of" in found ? found : found.suggestions.map(({ value }) => value);
}

it("the first word is a noun or a command, with what it is", () => {
	expect(values("")).toEqual(expect.arrayContaining(["ids", "web", "install", "doctor"]));
	expect(values("insta")).toEqual(["install"]);
	const found = suggest({ before: [], word: "ids" }, program);
	expect(found).toEqual({ suggestions: [{ value: "ids", summary: topics.ids?.description }] });
});

it("then comes what the noun can do", () => {
	expect(values("ids", "rel")).toEqual(["release"]);
	expect(values("web", "backups", "")).toEqual(["list", "restore"]);
	expect(values("no", "such")).toEqual([]);
});

it("an argument is one of its kind", () => {
	expect(values("ids", "show", "an")).toEqual({ of: "holder", typed: "an", front: "", given: {} });
	expect(values("ids", "allocate", "ana", "b")).toMatchObject({ of: "user", typed: "b" });
	expect(values("environments", "add", "n")).toMatchObject({ of: "new" });
	expect(values("completion", "p")).toEqual(["powershell"]);
});

it("a flag's value follows it, or stands behind its equals sign", () => {
	const given = { registry: "r.db" };
	expect(values("ids", "list", "--registry", "r.db", "-e", "no")).toEqual({
		...{ of: "environment", typed: "no", front: "", given },
	});
	expect(values("ids", "list", "--registry=r.db", "--environment=no")).toEqual({
		...{ of: "environment", typed: "no", front: "--environment=", given },
	});
	expect(values("ids", "list", "--state", "a")).toEqual(["allocated"]);
	expect(values("ids", "list", "--state=a")).toEqual(["--state=allocated"]);
});

it("columns are those of the list, each once", () => {
	expect(values("ids", "list", "--columns", "s")).toEqual(["state", "since", "sid"]);
	expect(values("ids", "list", "--columns", "user,id,s")).toEqual(["user,id,state", "user,id,since", "user,id,sid"]);
	expect(values("ids", "list", "--columns=state,s")).toEqual(["--columns=state,since", "--columns=state,sid"]);
	expect(values("ids", "list", "--ranges", "--columns", "first")).toEqual(["first", "firstPort"]);
});

it("flags are offered once, but those that can be repeated", () => {
	expect(values("ids", "release", "ana", "--y")).toEqual(["--yes"]);
	expect(values("ids", "release", "ana", "--yes", "--y")).toEqual([]);
	expect(values("doctor", "--only", "X", "--on")).toEqual(["--only"]);
	expect(values("ids", "list", "--yes=")).toEqual([]);
});

it("where no argument is left the flags are shown, and after -- there are none", () => {
	expect(values("registry", "info", "")).toContain("--json");
	expect(values("ids", "show", "--", "--x")).toMatchObject({ of: "holder" });
});

it("every file, folder and name of something that there is says what it is", () => {
	const unsaid = Object.entries(program.commands).flatMap(([id, { args = {}, flags = {} }]) =>
		[...Object.entries(args), ...Object.entries(flags)]
			.filter(([name, one]) => valueKind(name, one) === "new" && !("choices" in one && one.choices))
			.filter(([, one]) => "value" in one && ["FILE", "DIR", "PATH", "USER", "PATTERN", "ORIGIN"].includes(one.value))
			.map(([name]) => `${id} ${name}`),
	);
	expect(unsaid).toEqual([]);
});
