import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commands, topics } from "../src/commands.js";
import fc from "./property.js";
import { makeScene, runHere, type Scene } from "./shape/scene.js";

let scene: Scene;
beforeEach(() => {
	scene = makeScene();
});
afterEach(() => {
	scene.remove();
});

const ids = async () => {
	const { out } = await scene.run(["ids", "list", "--json"]);
	return (JSON.parse(out).result.allocations as { user: string }[]).map(({ user }) => user);
};

describe("cfm --version", () => {
	it.each(["--version", "version"])("says cfm's and Node's: cfm %s", async (word) => {
		expect(await runHere([word])).toEqual({
			code: 0,
			out: expect.stringMatching(/^cfm\/\d+\.\d+\.\d+ \w+-\w+ node-v\d+\.\d+\.\d+\n$/),
			err: "",
		});
	});
});

describe("a word too many", () => {
	it.each(["me", "status", "audit", "doctor", "self check", "find ana"])("is named: cfm %s", async (line) => {
		const one = await scene.run([...line.split(" "), "foo"]);
		expect(one).toMatchObject({ code: 2, out: "" });
		expect(one.err).toContain("The argument foo is one too many.");
		expect((await scene.run([...line.split(" "), "foo", "bar", "--verbose"])).err).toContain(
			"The arguments foo, bar are too many.",
		);
	});
});

describe("an unknown command", () => {
	it.each([
		["ids lst", "ids list"],
		["ids alocate CORP\\ana", "ids allocate"],
		["idz list", "ids list"],
		["enviroments list", "environments list"],
		["instal --silent", "install"],
		["ids:list", "ids list"],
		// Words of other programs are like none of ours.
		["ids remove CORP\\ana", "ids release"],
		["ids add CORP\\ana", "ids allocate"],
		["ids delete 7", "ids release"],
		["ids new CORP\\ana", "ids allocate"],
		["env list", "environments list"],
		["env", "environments"],
		["allocate CORP\\ana", "ids allocate"],
		["list", "ids list"],
		["history", "ids history"],
		["sites delete https://a.example", "sites remove"],
		["web delete", "web clear"],
		["backup", "registry backup"],
	])("cfm %s suggests %s", async (line, suggestion) => {
		const { code, out, err } = await scene.run(line.split(" "));
		expect(code).toBe(2);
		expect(out).toBe("");
		expect(err).toContain(`Try: cfm ${suggestion}\n`);
		const json = await scene.run([...line.split(" "), "--json"]);
		expect(json).toMatchObject({ code: 2, err: "" });
		expect(JSON.parse(json.out)).toMatchObject({
			ok: false,
			error: { kind: "usage", code: "unknown-command", data: { suggestion } },
		});
	});

	it("is no flag of ours: -v and -V are the version, as --version is", async () => {
		const { out } = await scene.run(["--version"]);
		for (const word of ["-v", "-V"]) expect(await scene.run([word])).toMatchObject({ code: 0, out, err: "" });
	});

	it("is never run, however close", async () => {
		await scene.run(["init", "--yes"]);
		for (const line of ["ids alocate", "ids allocat", "id allocate", "ids Allocate", "IDS allocate", "ids:allocate"]) {
			const { code } = await scene.run([...line.split(" "), "CORP\\ana"]);
			expect(code, line).toBe(2);
		}
		expect(await ids()).toEqual([]);
	});

	it("that is like nothing gets no suggestion", async () => {
		for (const word of ["xyzzy", "qqq", "", "x"]) {
			const { code, err } = await scene.run([word]);
			expect(code).toBe(2);
			expect(err, word).toContain("Try: cfm --help\n");
		}
	});

	it("has its words cut in the message, and its control characters shown", async () => {
		const { err } = await scene.run([`${"x".repeat(5000)}`, "\u001b[2J\u0007"]);
		expect(err.length).toBeLessThan(300);
		expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
	});

	it("is refused, whatever the words are", async () => {
		const known = new Set(
			[...Object.keys(commands), ...Object.keys(topics), "version"].map((id) => id.split(" ", 1)[0]),
		);
		const word = fc.oneof(
			fc.string({ unit: "binary", maxLength: 10 }),
			fc.constantFrom("constructor", "__proto__", "toString", "hasOwnProperty", "--", "-", "ids", "list", "--json"),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 4 }), async (words) => {
				if (known.has(words[0] ?? "") || ["--help", "-h", "--version"].includes(words[0] ?? "")) return;
				const { code } = await scene.run(words);
				expect(code).toBe(2);
			}),
		);
	});
});

describe("a command line", () => {
	it("has its command before its flags", async () => {
		for (const line of ["--json ids list", "--registry x.db ids list", "-y ids release 7"]) {
			const { code, out, err } = await scene.run(line.split(" "));
			expect(code).toBe(2);
			expect(out + err).toContain("before its flags");
		}
	});

	it("has its command in two words: one quoted word is not a command that loses what follows", async () => {
		await scene.run(["init", "--yes"]);
		const { code } = await scene.run(["ids allocate", "CORP\\ana", "CORP\\ben"]);
		expect([code, await ids()]).toEqual([2, []]);
	});

	it("has --json told to mistakes that are made before a command runs", async () => {
		for (const words of [["nonsense"], ["ids", "show", "ana"], ["ids", "list", "--limit", "x"]]) {
			const { out, err } = await scene.run([...words, "--json"]);
			expect(JSON.parse(out)).toMatchObject({ ok: false });
			expect(err).toBe("");
		}
	});
});

describe("control characters in the words", () => {
	it("reach no message, whatever the command", async () => {
		const wipe = "\u001b[2J\u0007";
		await scene.run(["init", "--yes"]);
		const told: string[] = [];
		for (const [id, loader] of Object.entries(commands)) {
			const { args, flags } = (await loader()).default;
			const names = Object.keys(args ?? {});
			const needed = Object.entries(flags ?? {}).flatMap(([name, { required }]) =>
				required ? [`--${name}`, "7"] : [],
			);
			const valued = Object.entries(flags ?? {}).filter(([, { kind }]) => kind !== "boolean");
			const lines = [
				[...names.map(() => wipe), ...needed],
				...valued.map(([name]) => [...names.map(() => "ana"), `--${name}=${wipe}`]),
			];
			for (const line of lines) {
				const { err } = await scene.run([...id.split(" "), ...line, ...(flags?.["dry-run"] ? ["--dry-run"] : [])]);
				if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(err)) told.push(`${id} ${line.join(" ")}: ${err}`);
			}
		}
		expect(told).toEqual([]);
	});
});

describe("nothing to read from", () => {
	it("is exit code 3 for whatever needs a registry, with init in a hint", async () => {
		for (const line of ["ids list", "ids allocate CORP\\ana", "environments list", "registry info", "registry check"]) {
			const { code, err } = await scene.run(line.split(" "));
			expect([line, code]).toEqual([line, 3]);
			expect(err).toContain("Try: cfm init\n");
		}
	});
});

describe("stdout that fails", () => {
	it("is told once, and never as a second fault", async () => {
		await scene.run(["init", "--yes"]);
		const full = vi.fn(() => {
			throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
		});
		for (const words of [["ids", "list", "--json"], ["environments", "list"], ["--version"], ["nonsense", "--json"]]) {
			let err = "";
			const ran = scene.run(words, {
				out: full,
				err: (text) => {
					err += text;
				},
			});
			const { code } = await ran;
			expect([words.join(" "), code]).not.toEqual([words.join(" "), 0]);
			expect(err).toContain("ENOSPC");
		}
	});
});
