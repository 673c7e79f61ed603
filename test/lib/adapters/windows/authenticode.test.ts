import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../../src/lib/adapters/windows/authenticode.js";

// As Windows PowerShell 5.1 prints the answer of the script, with the statuses of System.Management.Automation.
describe("an answer of Windows about a signature", () => {
	it.each([
		[
			'{"subject":"CN=Notarius Inc., O=Notarius Inc., L=Montréal, C=CA","status":"Valid"}\r\n',
			"valid",
			"CN=Notarius Inc., O=Notarius Inc., L=Montréal, C=CA",
		],
		['{"subject":"CN=Acme","status":"HashMismatch"}', "broken", "CN=Acme"],
		['{"subject":"CN=Acme","status":"NotTrusted"}', "untrusted", "CN=Acme"],
		['{"subject":"CN=Acme","status":"UnknownError"}', "untrusted", "CN=Acme"],
		['{"subject":"","status":"NotSigned"}', "unsigned", null],
		['{"subject":null,"status":"Valid"}', "valid", null],
	])("%s", (text, status, signer) => {
		expect(readAnswer(text)).toEqual({ known: true, value: { status, signer } });
	});

	it.each([
		"",
		"\r\n",
		"Get-AuthenticodeSignature : Access is denied",
		"{",
		"null",
		"[]",
		'"Valid"',
		"{}",
		'{"status":"NotSupportedFileFormat","subject":""}',
		'{"status":"Incompatible","subject":"CN=x"}',
		'{"status":"constructor","subject":""}',
		'{"status":"toString","subject":""}',
		'{"status":0,"subject":"CN=x"}',
	])("that tells nothing is 'could not tell', never 'unsigned' or 'valid': %j", (text) => {
		expect(readAnswer(text)).toMatchObject({ known: false, why: expect.any(String) });
	});
});
