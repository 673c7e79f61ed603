import { expect, it } from "vitest";
import { runningPrograms } from "../../../../src/lib/adapters/windows/running.js";
import type { RunningProcess } from "../../../../src/lib/client/machine.js";
import { known, unknown } from "../../../../src/lib/known.js";
import { ana } from "../../client/fake-machine.js";

const program = "C:\\Users\\ana\\AppData\\Roaming\\Notarius\\certifio-manager-se\\certifio-manager-se.exe";

function one(image: string | null, sid: string | null = ana.sid): RunningProcess {
	return { pid: 7, parent: 1, image, since: null, sid };
}

const runs = (...all: RunningProcess[]) => runningPrograms(async () => known(all))(program, ana);

it("a program runs when a process has its path, in whatever spelling Windows gives", async () => {
	expect(await runs(one("C:\\Windows\\explorer.exe"))).toEqual(known(false));
	expect(await runs(one(program))).toEqual(known(true));
	expect(await runs(one(`\\\\?\\${program.toUpperCase()}`))).toEqual(known(true));
	expect(await runs(one(program.replace("\\ana\\", "\\ben\\")))).toEqual(known(false));
});

it.each([
	["whose program may not be seen", null],
	["with short names in the path", "C:\\Users\\ana\\AppData\\Roaming\\Notarius\\CERTIF~1\\certifio-manager-se.exe"],
	["with a short name of its own", "C:\\Users\\ana\\AppData\\Roaming\\Notarius\\certifio-manager-se\\CERTIF~1.EXE"],
])("is unknown by the user's own process %s, and not by another user's", async (_, image) => {
	expect((await runs(one(image))).known).toBe(false);
	expect(await runs(one(image, "S-1-5-18"), one(image, null))).toEqual(known(false));
});

it("is unknown where nobody lists processes", async () => {
	const running = runningPrograms(async () => unknown("CreateToolhelp32Snapshot"));
	expect(await running(program, ana)).toEqual(unknown("CreateToolhelp32Snapshot"));
});

it("asks for the list once for hundreds of users", async () => {
	let asked = 0;
	const running = runningPrograms(async () => known([one(program), one(String(++asked))]));
	for (let turn = 0; turn < 300; turn += 1) await running(program, ana);
	expect(asked).toBe(1);
});
