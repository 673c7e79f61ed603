import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { CfmError } from "../../../src/lib/errors.js";
import { type Known, known } from "../../../src/lib/known.js";
import { moduleError, noTokenError } from "../../../src/lib/token/errors.js";
import { schemesOf } from "../../../src/lib/token/mechanisms.js";
import type {
	ModuleLook,
	OpenToken,
	PublicJwk,
	SeenObject,
	SignatureHash,
	SignatureScheme,
	Signed,
	TokenDetails,
	TokenKey,
	Tokens,
} from "../../../src/lib/token/token.js";

/** A module that behaves, with one token in slot 1 whose PIN is 1234. */
export interface FakeModule extends ModuleLook {
	/** What the key's signatures are like; `wrong`: of something else. */
	signs?: "good" | "wrong" | "fails";
	/** What the flags become after a wrong PIN. */
	afterWrong?: string[];
	objects?: SeenObject[];
	alwaysAuthenticate?: boolean;
	/** Why it ends badly. */
	ends?: string;
}

/** A key of RFC 8032, 7.1, test 1: the same in every run. */
const privateKey = createPrivateKey({
	key: {
		kty: "OKP",
		crv: "Ed25519",
		d: Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex").toString("base64url"),
		x: Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex").toString("base64url"),
	},
	format: "jwk",
});

export const anasToken: FakeModule = {
	path: "/opt/token.so",
	state: "ok",
	why: null,
	slots: 1,
	step: null,
	by: "pkcs11js",
	tokens: [
		{
			slot: 1,
			label: "Ana's token",
			serial: "0123456789abcdef",
			manufacturer: "Vendor Inc.",
			model: "5110",
			flags: ["CKF_RNG", "CKF_LOGIN_REQUIRED", "CKF_USER_PIN_INITIALIZED", "CKF_TOKEN_INITIALIZED"],
			mechanisms: ["CKM_EDDSA"],
		},
	],
	objects: [{ kind: "public-key", id: "01", label: "signing key", certificate: null, alwaysAuthenticate: false }],
};

/** Tokens as an adapter answers for them, without any module. Remembers every PIN that was tried. */
export class FakeTokens implements Tokens {
	readonly tried: (string | null)[] = [];
	opened = 0;
	closed = 0;
	seenReaders: Known<string[]> = known(["Vendor Reader 00 00"]);

	constructor(private readonly modules: readonly FakeModule[]) {}

	installed(): string[] {
		return this.modules.map(({ path }) => path);
	}

	async look(path: string): Promise<ModuleLook> {
		const module = this.modules.find((one) => one.path === path);
		if (module === undefined) return { ...missing, path };
		const { state, why, tokens, slots, step, by } = module;
		return { path, state, why, tokens, slots, step, by };
	}

	async open(path: string, slot: number): Promise<OpenToken> {
		const module = this.modules.find((one) => one.path === path);
		if (module === undefined || module.state === "missing") throw moduleError({ ...missing, path });
		const token = module.tokens.find((one) => one.slot === slot);
		if (token === undefined) throw noTokenError(path, slot, false);
		this.opened += 1;
		const details = {
			...token,
			slotDescription: "Vendor Reader 00 00",
			...{ pin: { least: 4, most: 16 }, hardware: "1.0", firmware: "2.1" },
			mechanismDetails: [{ name: "CKM_EDDSA", least: 255, most: 255, signs: true }],
		};
		return new FakeOpen(module, details, this);
	}

	async readers(): Promise<Known<string[]>> {
		return this.seenReaders;
	}
}

const missing: ModuleLook = {
	...{ path: "", state: "missing", why: "there is no such file", tokens: [], slots: null, step: null, by: null },
};

class FakeOpen implements OpenToken {
	readonly by = "pkcs11js";
	private flags: string[];

	constructor(
		private readonly fake: FakeModule,
		readonly token: TokenDetails,
		private readonly all: FakeTokens,
	) {
		this.flags = token.flags;
	}

	get module(): string {
		return this.fake.path;
	}

	async login(pin: Buffer | null): Promise<void> {
		this.all.tried.push(pin === null ? null : pin.toString());
		if (pin === null || pin.toString() === "1234") return;
		this.flags = this.fake.afterWrong ?? this.flags;
		throw new CfmError("denied", "wrong-pin", "The PIN of the token is wrong.");
	}

	async flagsNow(): Promise<string[]> {
		return this.flags;
	}

	async objects(): Promise<SeenObject[]> {
		return this.fake.objects ?? [];
	}

	async keys(): Promise<TokenKey[]> {
		return [
			{
				...{ object: 0, id: "01", label: "signing key", type: "EdDSA", bits: null, certificate: null },
				alwaysAuthenticate: this.fake.alwaysAuthenticate ?? false,
				publicKey: createPublicKey(privateKey).export({ format: "jwk" }) as PublicJwk,
			},
		];
	}

	schemes(key: TokenKey): SignatureScheme[] {
		return schemesOf(key, new Set([0x1057]));
	}

	async sign(_: TokenKey, __: SignatureScheme, ___: SignatureHash, message: Buffer): Promise<Signed> {
		const { signs = "good" } = this.fake;
		if (signs === "fails") throw new CfmError("unavailable", "token-failed", "C_Sign failed: CKR_DEVICE_ERROR.");
		const signed = signs === "good" ? message : createHash("sha256").update(message).digest();
		return { signature: sign(null, signed, privateKey), mechanism: "CKM_EDDSA", milliseconds: 12 };
	}

	async close(): Promise<string | undefined> {
		this.all.closed += 1;
		return this.fake.ends;
	}
}
