/**
 * Extended key usages with which documents are signed, by object identifier, each with its source. A certificate that restricts
 * its use and names none of them is for something else.
 */
export const signingUsages: Readonly<Record<string, { name: string; source: string }>> = {
	"2.5.29.37.0": { name: "anyExtendedKeyUsage", source: "RFC 5280, 4.2.1.12" },
	"1.3.6.1.5.5.7.3.4": { name: "emailProtection", source: "RFC 5280, 4.2.1.12" },
	"1.3.6.1.5.5.7.3.36": { name: "documentSigning", source: "RFC 9336" },
	"1.2.840.113583.1.1.5": { name: "Adobe Authentic Documents", source: "Adobe, Digital Signatures in a PDF" },
	"1.3.6.1.4.1.311.10.3.12": { name: "Microsoft Document Signing", source: "Microsoft, wincrypt.h" },
};
