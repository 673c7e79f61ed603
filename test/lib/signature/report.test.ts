import { expect, it } from "vitest";
import type { CertificateFacts } from "../../../src/lib/certificate/certificates.js";
import type { CheckedFile } from "../../../src/lib/signature/check.js";
import { reportFormat, reportOf } from "../../../src/lib/signature/report.js";
import { anas } from "../certificate/fake-watch.js";

const hostile = `<script>alert(1)</script>"><img src=x onerror=alert(2)>'&\u202egnp.exe\u0007`;
const signer: CertificateFacts = { ...anas, subject: `CN=${hostile}` };
const at = new Date("2026-01-15T09:30:00.000Z");

/** A file in which every text is somebody else's. */
const file: CheckedFile = {
	...{ file: `${hostile}.pdf`, state: "invalid", format: "pdf", why: hostile },
	signatures: [
		{
			...{ number: 1, state: "invalid", integrity: "valid", digest: hostile, algorithm: hostile, signer },
			reasons: [{ of: "signature", code: "bad-signature", text: hostile }],
			chain: [{ ...signer, depth: 0, isAnchor: false, serial: hostile }],
			revocation: [
				{
					...{ depth: 0, by: "ocsp", from: `http://${hostile}`, state: "good", revokedAt: null, reason: hostile },
					...{ thisUpdate: null, nextUpdate: null, status: null, text: hostile },
				},
			],
			...{ signingTime: at.toISOString(), judgedAt: at.toISOString(), judgedBy: "now", hasAttributes: true },
			...{ signingCertificate: "v2", policy: null, timestamps: [], counterSignatures: [] },
			pdf: {
				...{ field: hostile, subFilter: hostile, byteRange: [0, 1, 2, 3], coverage: "file", revision: 1 },
				...{ isTimestamp: false, permission: null, claimedAt: null, reason: hostile, changes: [], allowed: true },
				level: "B-T",
			},
		},
	],
	pdf: { pages: 1, revisions: 1, isEncrypted: false, unsigned: [hostile, null], store: null },
};

it("a page runs nothing, fetches nothing, and shows hostile names as text", () => {
	const page = reportOf([file], "html", at);
	// Whatever is left of a name between marks is text: no tag but ours is there.
	const tags = new Set([...page.matchAll(/<([a-z0-9!/]+)/gi)].map(([, name]) => name?.replace("/", "").toLowerCase()));
	expect(
		[...tags].filter((name) => ["script", "img", "link", "iframe", "object", "svg", "form"].includes(name ?? "")),
	).toEqual([]);
	expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=alert(2)&gt;");
	expect(page).toContain("default-src 'none'");
	expect(page).not.toMatch(/\son\w+="|(?:href|src)="(?!#f\d+")/);
	// Neither turned around nor with a bell: what is hidden is shown.
	expect(page).not.toMatch(/[\u202e\u0007]/);
	expect(page).toContain("\\u202egnp.exe\\u0007");
	expect(page).toContain("color-scheme: light dark");
	expect(page).toContain("2026-01-15 09:30 UTC");
});

it("JSON is ASCII, and says the same as the command does", () => {
	const text = reportOf([file], "json", at);
	expect(text).toMatch(/^[\n\x20-\x7e]*$/);
	expect(JSON.parse(text)).toEqual({ at: at.toISOString(), files: [file], total: 1 });
});

it("is of the kind that its name says", () => {
	expect(["a.html", "b.HTM", "c.json"].map(reportFormat)).toEqual(["html", "html", "json"]);
	expect(() => reportFormat("report.pdf")).toThrow(expect.objectContaining({ kind: "usage", code: "bad-report" }));
});
