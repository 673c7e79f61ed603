import { describe, expect, it } from "vitest";
import { explain } from "../../../../src/lib/adapters/registry-sqlite/failures.js";
import { isBusy } from "../../../../src/lib/adapters/sqlite/result-code.js";
import { exitCodes } from "../../../../src/lib/cli/exit-codes.js";
import { CfmError } from "../../../../src/lib/errors.js";

const raised = (code: string, message = "x", more: object = {}) => Object.assign(new Error(message), { code, ...more });

describe("what SQLite or the file system raises", () => {
	it.each([
		["SQLITE_BUSY", "registry-busy", 6],
		["SQLITE_BUSY_SNAPSHOT", "registry-busy", 6],
		["SQLITE_LOCKED", "registry-busy", 6],
		["SQLITE_FULL", "disk-full", 7],
		["SQLITE_IOERR_WRITE", "disk-full", 7],
		["SQLITE_IOERR_FSYNC", "disk-full", 7],
		["SQLITE_IOERR_SHMSIZE", "disk-full", 7],
		["SQLITE_IOERR_READ", "registry-unreadable", 7],
		["SQLITE_NOMEM", "registry-unreadable", 7],
		["SQLITE_READONLY", "registry-not-writable", 5],
		["SQLITE_READONLY_DIRECTORY", "registry-not-writable", 5],
		["SQLITE_CANTOPEN", "registry-not-writable", 5],
		["SQLITE_PERM", "registry-not-writable", 5],
		["SQLITE_CORRUPT", "registry-damaged", 7],
		["SQLITE_CORRUPT_INDEX", "registry-damaged", 7],
		["SQLITE_NOTADB", "registry-damaged", 7],
		["ENOSPC", "disk-full", 7],
		["EACCES", "file-not-accessible", 5],
		["EROFS", "file-not-accessible", 5],
		["ENOENT", "file-not-found", 3],
		["EISDIR", "not-a-file", 2],
	])("%s is %s, exit code %d", (code, told, exit) => {
		const error = explain(raised(code), "/x/registry.db");
		expect(error).toBeInstanceOf(CfmError);
		expect(error).toMatchObject({ code: told, message: expect.stringContaining("/x/registry.db") });
		expect(exitCodes[(error as CfmError).kind]).toBe(exit);
		expect((error as CfmError).cause).toMatchObject({ code });
	});

	it.each([
		"no such table: events",
		"no such column: version",
		"malformed database schema",
		"unsupported file format",
		"unknown function: sIN()",
	])("an SQLITE_ERROR such as '%s' is damage: the schema was checked", (message) => {
		expect(explain(raised("SQLITE_ERROR", message), "/x")).toMatchObject({ code: "registry-damaged" });
	});

	it("so is a collation that is not there", () => {
		const error = raised("SQLITE_ERROR_MISSING_COLLSEQ", "no such collation sequence: NOCAS");
		expect(explain(error, "/x")).toMatchObject({ code: "registry-damaged" });
	});

	it("names the file that the system named", () => {
		const error = explain(raised("EACCES", "x", { path: "/x/copy.db" }), "/x/registry.db");
		expect(error).toMatchObject({ message: expect.stringContaining("/x/copy.db") });
	});

	it("is passed through when it is ours, or nobody's", () => {
		const ours = new CfmError("usage", "x", "x");
		const fault = new TypeError("x is undefined");
		const statement = raised("SQLITE_ERROR", 'near "SELEC": syntax error');
		for (const error of [ours, fault, statement, "text", undefined]) expect(explain(error, "/x")).toBe(error);
	});

	it("is worth another try only when somebody else holds the lock", () => {
		for (const code of ["SQLITE_BUSY", "SQLITE_BUSY_RECOVERY", "SQLITE_LOCKED_SHAREDCACHE"]) {
			expect(isBusy(raised(code))).toBe(true);
		}
		for (const code of ["SQLITE_FULL", "SQLITE_CORRUPT", "EBUSY"]) expect(isBusy(raised(code))).toBe(false);
		expect(isBusy(new CfmError("busy", "x", "x"))).toBe(false);
	});
});
