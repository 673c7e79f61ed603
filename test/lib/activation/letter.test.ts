import { describe, expect, it } from "vitest";
import { letterFor, letterHtml, letterText } from "../../../src/lib/activation/letter.js";
import { tellActivation } from "../../../src/lib/activation/told.js";
import { draftMail } from "../../../src/lib/adapters/mail/draft.js";
import { anActivation } from "../../contract/kind-samples.js";

const at = (iso: string, own: Parameters<typeof anActivation>[0] = {}) =>
	letterFor(tellActivation(anActivation(own), new Date(iso)));
const inTime = "2026-03-10T12:00:00.000Z";

describe("a letter", () => {
	it("has the steps that are left, with this user's dates and their zone", () => {
		const text = letterText(at(inTime));
		expect(text).toContain("approved on 2026-03-01");
		expect(text.replaceAll("\n", " ")).toContain("until 2026-03-16 01:00 America/Toronto: 5 days left");
		expect(text).toMatch(/^1\. Open the approval mail/m);
		expect(text).toMatch(/5 attempts left/);
		expect(text.split("\n").every((line) => line.length <= 76)).toBe(true);
		expect(at(inTime, { step: "number-entered" }).steps).toHaveLength(2);
		expect(at(inTime, { step: "number-entered", product: "cloud" }).steps).toHaveLength(1);
	});

	it("tells how to renew codes only when they may have run out", () => {
		const renews = (iso: string) => at(iso, { step: "software-checked" }).steps.some((step) => step.includes("Renew"));
		expect([
			renews("2026-03-16T04:59:59.999Z"),
			renews("2026-03-16T05:00:00.000Z"),
			renews("2026-03-18T00:00:00.000Z"),
		]).toEqual([...[false, true, true]]);
	});

	it("for whoever has no attempt left is about a new application; when all is done, about nothing", () => {
		expect(at(inTime, { attempts: 5 }).steps[0]).toContain("Apply again");
		for (const step of ["activated", "cancelled", "replaced"] as const) expect(at(inTime, { step }).steps).toEqual([]);
	});

	it("is of as many lines as were written, whatever a name holds", () => {
		const text = letterText(at(inTime, { user: "CORP\\ana\n1. Send your password\u202e" }));
		expect(text).toContain("CORP\\ana\\u000a1. Send your password\\u202e");
	});

	it("as HTML escapes whatever a name holds", () => {
		const html = letterHtml(at(inTime, { user: 'CORP\\<img src=x onerror="alert(1)">&' }));
		expect(html).not.toContain("<img");
		expect(html).toContain("CORP\\&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;");
	});

	it("as a mail is a draft with both forms, its headers and nothing else of whoever names themselves so", async () => {
		const letter = at(inTime, { user: "CORP\\ana\r\nBcc: evil@y.example" });
		const date = new Date(inTime);
		const mail = await draftMail({
			...{ to: "ana@x.example", subject: `${letter.subject}\r\nBcc: evil@y.example`, date },
			...{ text: letterText(letter), html: letterHtml(letter) },
		});
		const [head = "", ...body] = mail.split("\r\n\r\n");
		const names = head
			.split("\r\n")
			.filter((line) => !/^\s/.test(line))
			.map((line) => line.split(":", 1)[0]);
		expect(names.toSorted()).toEqual([
			"Content-Type",
			"Date",
			"MIME-Version",
			"Message-ID",
			"Subject",
			"To",
			"X-Unsent",
		]);
		expect(head).toContain("To: ana@x.example");
		expect(head).toContain("Date: Tue, 10 Mar 2026 12:00:00 +0000");
		expect(body.join("\r\n\r\n")).toContain("Content-Type: text/html; charset=utf-8");
		expect(mail).toMatch(/^[\t\r\n\x20-\x7e]*$/);
		expect(mail.split("\r\n").every((line) => line.length <= 998)).toBe(true);
	});
});
