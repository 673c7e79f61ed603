import { describe, expect, it } from "vitest";
import { readAnswer, withoutModulePath } from "../../../../src/lib/adapters/windows/authenticode.js";
import { statusOf } from "../../../../src/lib/adapters/windows/signature.js";

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

it("a number of WinVerifyTrust that nobody knows is 'can't determine'; signed or negative, it is the same number", () => {
	expect([0, 0x800b0100, 0x80096010 | 0, 0x800b0109].map(statusOf)).toEqual([
		"valid",
		"unsigned",
		"broken",
		"untrusted",
	]);
	expect([1, 0x80070005, -1].map(statusOf)).toEqual([undefined, undefined, undefined]);
});

it("Windows PowerShell is started without PowerShell 7's list of module folders", () => {
	expect(withoutModulePath({ PSModulePath: "C:\\7", psmodulepath: "x", PATH: "C:\\Windows" })).toEqual({
		PATH: "C:\\Windows",
	});
});
