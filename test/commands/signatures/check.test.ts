import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeScene, type Scene } from "../../shape/scene.js";

let scene: Scene;
const at = (name: string) => join(scene.work, name);
beforeEach(() => {
	scene = makeScene();
});
afterEach(() => scene.remove());

async function check(report: string, ...more: string[]) {
	const trust = ["--anchor", at("seal.pem"), "--offline"];
	const words = ["signatures", "check", at("letter.txt.p7s"), ...trust, "--report", at(report), ...more, "--json"];
	const { code, out } = await scene.run(words);
	return { code, ...JSON.parse(out) };
}

it("writes a report whole, and replaces one only with --force", async () => {
	const first = await check("report.html");
	expect([first.code, first.result.report]).toEqual([0, at("report.html")]);
	expect(readFileSync(at("report.html"), "utf8")).toMatch(/^<!doctype html>.*Ana Silva.*<\/html>\n$/s);
	const json = await check("report.json");
	expect(JSON.parse(readFileSync(at("report.json"), "utf8"))).toMatchObject({ files: json.result.files, total: 1 });
	writeFileSync(at("report.html"), "mine");
	expect(await check("report.html")).toMatchObject({ code: 4, error: { code: "file-exists" } });
	expect(readFileSync(at("report.html"), "utf8")).toBe("mine");
	expect((await check("report.html", "--force")).code).toBe(0);
	expect(readFileSync(at("report.html"), "utf8")).not.toBe("mine");
	expect((await check("report.txt")).error).toMatchObject({ kind: "usage", code: "bad-report" });
	expect(readdirSync(scene.work).filter((name) => name.includes("unfinished"))).toEqual([]);
});

it("writes through no link", async () => {
	writeFileSync(at("victim"), "theirs");
	symlinkSync(at("victim"), at("link.html"));
	symlinkSync(at("nowhere"), at("dangling.html"));
	expect(await check("link.html")).toMatchObject({ code: 4, error: { code: "file-exists" } });
	expect(await check("dangling.html")).toMatchObject({ code: 4, error: { code: "file-exists" } });
	expect((await check("link.html", "--force")).code).toBe(0);
	expect(readFileSync(at("victim"), "utf8")).toBe("theirs");
	expect(lstatSync(at("link.html")).isSymbolicLink()).toBe(false);
	expect(existsSync(at("nowhere"))).toBe(false);
});

it("a report is written although a signature is not valid", async () => {
	writeFileSync(at("letter.txt"), "something else");
	const { code, error } = await check("bad.html");
	expect([code, error.code]).toEqual([8, "signature-not-valid"]);
	expect(readFileSync(at("bad.html"), "utf8")).toContain("not valid");
});
