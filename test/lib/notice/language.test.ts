import { expect, it } from "vitest";
import * as letters from "../../../src/letters.js";
import type { NoticeFacts } from "../../../src/lib/notice/item.js";
import { causeText } from "../../../src/lib/service/told.js";
import { nearestLanguage } from "../../../src/lib/text.js";

const facts: NoticeFacts = {
	...{ what: "finding", urgency: "over", name: "CORP\\ana", detail: "CFM-REG-001 auf TS01: Etwas", due: null },
	...{ zone: "UTC", daysLeft: null, used: null, allowance: null },
};
const claim = (own: Partial<NoticeFacts>) => ({
	...{ item: "test", stage: "found", recipient: "mail:ana@example.com", occasion: "", day: "2026-03-01" },
	...{ at: "2026-03-01T08:00:00.000Z", urgent: false, facts: { ...facts, ...own } },
});

it("a language is taken where it was built, else its base, else English", () => {
	expect(nearestLanguage("fr_CA.UTF-8", ["en", "fr"])).toBe("fr");
	expect(nearestLanguage("fr-CA", ["en", "fr", "fr-ca"])).toBe("fr-ca");
	expect(nearestLanguage("tlh", ["en", "fr"])).toBe("en");
});

it("what was kept in the claimer's language is said in the recipient's where it is known by its name", () => {
	const said = (own: Partial<NoticeFacts>) => letters.message([claim(own)]).sentences[0];
	expect(said({})).toBe("CORP\\ana: CFM-REG-001 auf TS01: Etwas");
	expect(said({ finding: "CFM-SERVICE-001", machine: "TS01" })).toBe(
		"CORP\\ana: CFM-SERVICE-001 on TS01: A client service is suspended because something ran out",
	);
	expect(said({ finding: "CFM-OLD-001", machine: "TS01" })).toBe("CORP\\ana: CFM-REG-001 auf TS01: Etwas");
	expect(said({ what: "service", name: "Invoices", detail: "sonst was", cause: "certificate-revoked" })).toBe(
		`The client service Invoices is suspended: ${causeText("certificate-revoked")}.`,
	);
});
