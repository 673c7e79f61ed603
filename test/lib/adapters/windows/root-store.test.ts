import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { isInUsersStore } from "../../../../src/lib/adapters/windows/root-store.js";
import { type Known, known, unknown } from "../../../../src/lib/known.js";
import { certificate } from "../../surroundings/server-certificate.js";

const rootKey = "Software\\Microsoft\\SystemCertificates\\Root\\Certificates";
const der = new X509Certificate(certificate).raw;

/** A property of a stored certificate, as Windows lays it down: number, reserved, length, content. */
function property(number: number, content: Buffer, length = content.length): Buffer {
	const head = Buffer.alloc(12);
	head.writeUInt32LE(number);
	head.writeUInt32LE(1, 4);
	head.writeUInt32LE(length, 8);
	return Buffer.concat([head, content]);
}

const thumbprint = property(3, Buffer.alloc(20, 7));
const friendlyName = property(11, Buffer.from("localhost\0", "utf16le"));

/** Whether `name` is in a store with these certificates; one is refused. */
function found(blobs: Record<string, Known<Buffer | null>>, name = "localhost") {
	return isInUsersStore(
		{
			keys: (_, path) => (path === rootKey ? known(Object.keys(blobs)) : unknown("no such key was to be asked for")),
			bytes: (_, path, value) =>
				(value === "Blob" ? blobs[path.slice(rootKey.length + 1)] : undefined) ?? unknown("no such value"),
		},
		{ user: "S-1-5-21-1" },
		name,
	);
}

it("finds a certificate by the common name of its subject, behind other properties", () => {
	const blob = Buffer.concat([thumbprint, friendlyName, property(32, der)]);
	expect(found({ AA: known(Buffer.concat([thumbprint])), BB: known(blob) })).toEqual(known(true));
	expect(found({ BB: known(blob) }, "Corp Web Gateway")).toEqual(known(false));
	expect(found({})).toEqual(known(false));
});

it.each([
	["a name that somebody gave it", Buffer.concat([thumbprint, friendlyName])],
	["something else than a certificate", property(32, Buffer.from("CN=localhost"))],
	["a certificate that was cut", property(32, der.subarray(0, 100))],
	["a length beyond the end", property(3, Buffer.alloc(4), 0xff_ff_ff_f0)],
	["a length of nothing without end", Buffer.concat(Array.from({ length: 50 }, () => property(0, Buffer.alloc(0))))],
	["more than a certificate has", Buffer.concat([property(32, der), Buffer.alloc(70_000)])],
	["nothing", Buffer.alloc(0)],
])("takes %s for none", (_, blob) => {
	expect(found({ AA: known(blob) })).toEqual(known(false));
});

it("is unknown where one could not be read, unless another is it", () => {
	expect(found({ AA: unknown("access denied") })).toEqual(unknown("access denied"));
	expect(found({ AA: unknown("access denied"), BB: known(property(32, der)) })).toEqual(known(true));
	const closed = { keys: () => unknown("the user's registry is not loaded"), bytes: () => known(null) };
	expect(isInUsersStore(closed, { user: "S-1-5-21-2" }, "x").known).toBe(false);
});
