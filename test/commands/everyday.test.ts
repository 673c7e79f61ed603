import { expect, it, onTestFinished } from "vitest";
import completion from "../../src/commands/completion.js";
import { completionScripts } from "../../src/lib/cli/completion/scripts.js";
import { makeScene } from "../shape/scene.js";

it("a page and the status tell a move as one change; find names the command for who may have been meant", async () => {
	const scene = makeScene();
	onTestFinished(() => scene.remove());
	await scene.run(["init", "--yes", "--domain", "CORP"]);
	await scene.run(["ids", "allocate", "CORP\\ana", "--ignore-ports"]);
	await scene.run(["ids", "move", "ana", "--id", "7", "--yes", "--ignore-ports"]);
	for (const words of [["users", "show", "ana"], ["status"]]) {
		const { out } = await scene.run(words);
		expect(out).toContain("\t1 → 7\t");
		expect(out.split("\n").filter((line) => line.includes("\tmove\t"))).toHaveLength(1);
	}
	expect((await scene.run(["find", "anna"])).out).toContain("Did you mean CORP\\ana? cfm find 'CORP\\ana'");
});

it("who has an ID in another environment is shown there", async () => {
	const scene = makeScene();
	onTestFinished(() => scene.remove());
	await scene.run(["init", "--yes", "--domain", "CORP"]);
	await scene.run(["environments", "add", "south"]);
	await scene.run(["ids", "allocate", "CORP\\zora", "--environment", "south", "--ignore-ports"]);
	for (const command of ["users show", "ids show"]) {
		for (const user of ["CORP\\zora", "zora"]) {
			const { code, err } = await scene.run([...command.split(" "), user, "-e", "default"]);
			expect(code).toBe(3);
			expect(err).toContain(`CORP\\zora has ID 1 in south: cfm ${command} 'CORP\\zora' --environment south`);
		}
		// Another one of that name is somebody else.
		expect((await scene.run([...command.split(" "), "LAB\\zora", "-e", "default"])).err).not.toContain("in south: cfm");
	}
	const { out, err } = await scene.run(["users", "list", "--problems", "--environment", "south"]);
	expect({ out, err }).toEqual({ out: "", err: expect.stringContaining("1 user, who needs no attention.") });
});

it("a port in the place of an ID, an environment misspelled, nothing at all: each is told what it is", async () => {
	const scene = makeScene();
	onTestFinished(() => scene.remove());
	await scene.run(["init", "--yes"]);
	await scene.run(["ids", "allocate", "CORP\\zora", "--id", "7", "--ignore-ports"]);
	const errors = async (...words: string[]) => (await scene.run(words)).err;
	expect(await errors("users", "show", "24257")).toContain("24257 is the port of ID 7: cfm users show 7");
	expect(await errors("users", "show", "24258")).toContain("Try: cfm ids list");
	expect(await errors("users", "show", "8")).toContain("Try: cfm ids show 8");
	const misspelled = await errors("users", "list", "--environment", "Defualt");
	expect(misspelled).toContain("Did you mean default?");
	expect(misspelled).not.toContain("environments add");
	expect(await errors("users", "list", "--environment", "north")).toContain("environments add north");
	expect(await errors("users", "show", "")).toMatch(/^Error: The name of the user is empty\.\n/);
	expect(await scene.run(["find", " "])).toMatchObject({ code: 2, err: expect.stringContaining("is empty") });
});

it("a number is completed to IDs and to users, a request to the latest first", async () => {
	const scene = makeScene();
	onTestFinished(() => scene.remove());
	await scene.run(["init", "--yes"]);
	const allocate = (user: string, id: string, key: string) =>
		scene.run(["ids", "allocate", user, "--id", id, "--ignore-ports", "--request-id", key]);
	await allocate("CORP\\4711", "47", "first");
	await allocate("CORP\\zora", "9", "second");
	const offered = async (line: string) => {
		const variables = { ...scene.environment, CFM_COMPLETION_LINE: line };
		const { out } = await scene.run(["completion", "suggest", "zsh", "--json"], { variables });
		return JSON.parse(out).result.suggestions.map(({ value }: { value: string }) => value);
	};
	expect(await offered("cfm ids show 47")).toEqual(["47", "CORP\\4711"]);
	expect(await offered("cfm ids show 4711")).toEqual(["CORP\\4711"]);
	expect((await offered("cfm undo ")).slice(0, 2)).toEqual(["second", "first"]);
});

it.each(Object.entries(completionScripts))(
	"the help of completion has the line that installs it for %s",
	(_, script) => {
		const [, line] = /^# cfm: .*:\s+(.*)$/m.exec(script) ?? [];
		expect(completion.description?.split("\n").map((one) => one.trim())).toContain(line);
	},
);
