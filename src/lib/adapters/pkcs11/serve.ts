import { hear, say } from "../isolation/frames.js";
import { type Cryptoki, CryptokiError, type ObjectHandle, OddCount } from "./cryptoki.js";
import type { AnswerTo, Asked, RawObject } from "./requests.js";

// The side of a process that holds one module, and nothing else (docs/decisions/0042).

/** Answers go here: what a module prints is on the usual descriptors, and is nobody's. */
const answers = 3;

const classes = { certificate: 1, "public-key": 2, "private-key": 3 } as const; // CKO_…
const attributes = { label: 3, value: 0x11, keyType: 0x100, id: 0x102, signs: 0x108 } as const; // CKA_…
const keyAttributes = { modulus: 0x120, exponent: 0x122, curve: 0x180, point: 0x181 } as const;
const alwaysAuthenticate = 0x202; // CKA_ALWAYS_AUTHENTICATE
/** CKU_USER, CKU_CONTEXT_SPECIFIC. */
const users = { user: 1, context: 2 } as const;

/** Answers what it is asked about one module, until nobody is there to ask. */
export async function serveModule(): Promise<void> {
	say({ hello: true }, undefined, answers);
	const held = new Held();
	for (let said = hear(); said !== undefined; said = hear()) {
		const { number, request } = JSON.parse(said.line) as { number: number; request: Asked };
		const answer = await held.answer(request, said.bytes);
		// Of what came as bytes nothing is left here; what a module keeps ends with this process.
		said.bytes.fill(0);
		say({ number, ...answer }, undefined, answers);
		if (request.ask === "end") return;
	}
}

class Held {
	private cryptoki: Cryptoki | undefined;
	private readonly objects: ObjectHandle[] = [];

	async answer(request: Asked, bytes: Buffer): Promise<object> {
		try {
			return { ok: true, answer: await this.do(request, bytes) };
		} catch (error) {
			if (error instanceof CryptokiError) return { ok: false, value: error.value, call: error.call };
			if (error instanceof OddCount) return { ok: false, count: Math.min(error.count, 2 ** 53 - 1), call: error.call };
			return { ok: false, failed: String(error instanceof Error ? error.message : error).slice(0, 2000) };
		}
	}

	private async do(request: Asked, bytes: Buffer): Promise<AnswerTo<Asked["ask"]>> {
		const done = { done: true } as const;
		if (request.ask === "load") {
			const { cryptoki, by } = await chooseCryptoki();
			this.cryptoki = cryptoki;
			cryptoki.load(request.path);
			return { by };
		}
		const { cryptoki } = this;
		if (cryptoki === undefined) throw new Error("no module");
		switch (request.ask) {
			case "initialize":
				cryptoki.initialize();
				return done;
			case "slots":
				return { all: cryptoki.slots(false), present: cryptoki.slots(true) };
			case "slot":
				return cryptoki.slot(request.slot);
			case "token":
				return cryptoki.token(request.slot);
			case "mechanisms":
				return cryptoki
					.mechanisms(request.slot)
					.map((type) =>
						request.details ? cryptoki.mechanism(request.slot, type) : { type, minKeySize: 0, maxKeySize: 0, flags: 0 },
					);
			case "session":
				cryptoki.openSession(request.slot);
				return done;
			case "login":
				await cryptoki.login(users.user, request.pad ? null : bytes);
				return done;
			case "objects":
				return this.seen(cryptoki);
			case "sign":
				return this.sign(cryptoki, request, bytes);
			case "end":
				cryptoki.finalize();
				return done;
		}
	}

	private seen(cryptoki: Cryptoki): RawObject[] {
		this.objects.length = 0;
		return (Object.keys(classes) as (keyof typeof classes)[]).flatMap((kind) =>
			cryptoki.find(classes[kind]).map((handle) => this.told(cryptoki, kind, handle)),
		);
	}

	private told(cryptoki: Cryptoki, kind: RawObject["kind"], handle: ObjectHandle): RawObject {
		const object = this.objects.push(handle) - 1;
		const bytes = (type: number) => cryptoki.attribute(handle, type);
		const hex = (type: number, wanted = true) => (wanted ? (bytes(type)?.toString("hex") ?? null) : null);
		const isKey = kind !== "certificate";
		return {
			...{
				object,
				kind,
				id: hex(attributes.id) ?? "",
				label: (bytes(attributes.label)?.toString() ?? "").slice(0, 4096),
			},
			keyType: isKey ? numberIn(bytes(attributes.keyType)) : null,
			value: hex(attributes.value, !isKey),
			...{ modulus: hex(keyAttributes.modulus, isKey), exponent: hex(keyAttributes.exponent, isKey) },
			...{ curve: hex(keyAttributes.curve, isKey), point: hex(keyAttributes.point, kind === "public-key") },
			signs: kind === "private-key" && bytes(attributes.signs)?.[0] !== 0,
			alwaysAuthenticate: kind === "private-key" && bytes(alwaysAuthenticate)?.[0] === 1,
		};
	}

	/** A key that is to be authenticated each time takes the PIN between C_SignInit and C_Sign. */
	private async sign(cryptoki: Cryptoki, request: Extract<Asked, { ask: "sign" }>, bytes: Buffer) {
		const { object, mechanism, data, again } = request;
		if (!(object in this.objects)) throw new Error("no such object");
		const from = performance.now();
		cryptoki.signInit(this.objects[object], mechanism);
		if (again !== "no") await cryptoki.login(users.context, again === "pad" ? null : bytes);
		const signature = cryptoki.sign(Buffer.from(data, "hex"));
		return { signature: signature.toString("hex"), milliseconds: performance.now() - from };
	}
}

/** CK_ULONG, which has 4 bytes on Windows and 8 on Linux. */
function numberIn(bytes: Buffer | undefined): number | null {
	if (bytes?.length === 8) return Number(bytes.readBigUInt64LE());
	return bytes?.length === 4 ? bytes.readUInt32LE() : null;
}

/** pkcs11js where the build compiled it for this system, else koffi. */
async function chooseCryptoki(): Promise<{ cryptoki: Cryptoki; by: "pkcs11js" | "koffi" }> {
	try {
		const library = await import("pkcs11js");
		const { ByPkcs11js } = await import("./by-pkcs11js.js");
		return { cryptoki: new ByPkcs11js(library.default ?? library), by: "pkcs11js" };
	} catch {
		const { ByKoffi } = await import("./by-koffi.js");
		return { cryptoki: new ByKoffi(), by: "koffi" };
	}
}
