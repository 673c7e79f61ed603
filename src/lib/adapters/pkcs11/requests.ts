import { fields, flag, list, numberUpTo, oneOf, orAbsent, orNull, type Shape, text } from "../isolation/shape.js";
import type { RawMechanism, RawSlot, RawToken, SignMechanism } from "./cryptoki.js";

// What a process that holds a module is asked, one step at a time, so that the last step names where a module failed.

/** What a process is asked. A PIN goes as bytes before the line, never in it. */
export type Asked =
	| { ask: "load"; path: string }
	| { ask: "initialize" }
	| { ask: "slots" }
	| { ask: "slot"; slot: number }
	| { ask: "token"; slot: number }
	| { ask: "mechanisms"; slot: number; details: boolean }
	| { ask: "session"; slot: number }
	| { ask: "login"; pad: boolean }
	| { ask: "objects" }
	| { ask: "sign"; object: number; mechanism: SignMechanism; data: string; again: "no" | "pin" | "pad" }
	| { ask: "end" };

/** An object that matters for signing; bytes as hexadecimal. `object` names it in the same process. */
export interface RawObject {
	object: number;
	kind: "private-key" | "public-key" | "certificate";
	id: string;
	label: string;
	/** CKK_… by its number; null for a certificate. */
	keyType: number | null;
	/** Of a certificate, DER. */
	value: string | null;
	modulus: string | null;
	exponent: string | null;
	/** DER of the curve's name, and of the point. */
	curve: string | null;
	point: string | null;
	signs: boolean;
	alwaysAuthenticate: boolean;
}

const hex = text(1 << 21);
const number = numberUpTo(Number.MAX_SAFE_INTEGER);
const yes: Shape<true> = (value) => {
	if (value === true) return value;
	throw new Error("not done");
};
const no: Shape<false> = (value) => {
	if (value === false) return value;
	throw new Error("done");
};

const slot = fields<RawSlot>({ description: text(256), manufacturer: text(256), flags: number });
const token = fields<RawToken>({
	...{ label: text(256), manufacturer: text(256), model: text(256), serial: text(256) },
	...{ flags: number, minPin: number, maxPin: number, hardware: text(16), firmware: text(16) },
});
const mechanism = fields<RawMechanism>({ type: number, minKeySize: number, maxKeySize: number, flags: number });
const object = fields<RawObject>({
	object: number,
	kind: oneOf(["private-key", "public-key", "certificate"] as const),
	id: hex,
	label: text(4096),
	keyType: orNull(number),
	...{ value: orNull(hex), modulus: orNull(hex), exponent: orNull(hex), curve: orNull(hex), point: orNull(hex) },
	...{ signs: flag, alwaysAuthenticate: flag },
});

/** The answer to each thing that is asked. */
export const shapes = {
	load: fields<{ by: "pkcs11js" | "koffi" }>({ by: oneOf(["pkcs11js", "koffi"] as const) }),
	initialize: fields<{ done: true }>({ done: yes }),
	slots: fields<{ all: number[]; present: number[] }>({ all: list(number, 4096), present: list(number, 4096) }),
	slot,
	token,
	mechanisms: list(mechanism, 4096),
	session: fields<{ done: true }>({ done: yes }),
	login: fields<{ done: true }>({ done: yes }),
	objects: list(object, 3 * 4096),
	sign: fields<{ signature: string; milliseconds: number }>({
		signature: hex,
		milliseconds: (value) => number(Math.round(Number(value))),
	}),
	end: fields<{ done: true }>({ done: yes }),
};

type ShapeOf<S> = S extends Shape<infer T> ? T : never;
export type AnswerTo<A extends Asked["ask"]> = ShapeOf<(typeof shapes)[A]>;

/** What is around an answer. */
export const refused = fields<{ ok: false; value?: number; call?: string; failed?: string; count?: number }>({
	ok: no,
	value: orAbsent(number),
	call: orAbsent(text(64)),
	failed: orAbsent(text(2000)),
	count: orAbsent(number),
} as never);
