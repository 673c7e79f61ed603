import type { Certificates } from "../../lib/certificate/certificates.js";
import { command } from "../../lib/cli/definition.js";
import { readBytes, STANDARD_INPUT } from "../../lib/cli/input/source.js";
import { localTime } from "../../lib/cli/time.js";
import { type Block, type Column, table } from "../../lib/cli/view.js";
import type { Context } from "../../lib/context.js";
import { CfmError } from "../../lib/errors.js";
import type { KeyInHand, KeySource } from "../../lib/sign/key.js";
import { keyInFile } from "../../lib/sign/pkcs12-key.js";
import { keyInStore } from "../../lib/sign/store-key.js";
import { type Made, type SignTest, type StepDone, sayStep, signVerdict, testSigning } from "../../lib/sign/test.js";
import { keyOnToken } from "../../lib/sign/token-key.js";
import { t } from "../../lib/text.js";
import type { SignatureScheme } from "../../lib/token/token.js";
import { keyFlag, pinFlags, pinSource, tokenFlags, tokensOf } from "../_token.js";
import { anchorsOf, takeAll } from "../_trust.js";
import { parseStore } from "../certs/_inputs.js";

const files = { kind: "text", value: "FILE", of: "file", multiple: true } as const;
const schemes = ["rsa-pkcs1", "rsa-pss", "ecdsa", "eddsa"] as const satisfies readonly SignatureScheme[];

const columns: readonly Column<StepDone>[] = [
	{ head: t`STEP`, field: "step", value: ({ step }) => sayStep(step) },
	{ head: t`TIME`, value: ({ milliseconds }) => t`${milliseconds} ms`, align: "right" },
];

export default command({
	summary: t`Sign random bytes from end to end, and verify the signature`,
	description: t`With the key of a token, a Windows store or a PKCS#12 file: a detached message (CAdES-BES), a timestamp if you like, verified as by signatures check. Says which step failed. A locked PIN is not tried; the last try is never spent unasked.`,
	role: "none",
	flags: {
		module: { ...tokenFlags.module, required: false, summary: t`The PKCS#11 module of a token, with --slot` },
		slot: { ...tokenFlags.slot, required: false },
		...keyFlag,
		store: {
			kind: "text",
			value: "STORE",
			summary: t`A store of Windows with the certificate and its key: user, machine, user/MY …`,
		},
		fingerprint: { kind: "text", value: "HEX", summary: t`Of a store: the one of several with this SHA-256` },
		p12: { kind: "text", value: "FILE", of: "file", summary: t`The PKCS#12 file with the key, instead of a token` },
		...pinFlags,
		"pin-file": {
			...pinFlags["pin-file"],
			summary: t`The file with PIN or password in its first line; - for stdin`,
		},
		scheme: {
			kind: "text",
			value: "SCHEME",
			choices: schemes,
			summary: t`How to sign; by default, as is usual for the key`,
		},
		tsa: {
			kind: "text",
			value: "URL",
			of: "new",
			summary: t`The address of a timestamp server, which stamps the signature`,
		},
		anchor: {
			...files,
			value: "ANCHOR",
			summary: t`What to trust: a file, system, notarius; by default, the last two`,
		},
		intermediate: { ...files, summary: t`Certificates that may stand between; not trusted` },
		revocation: {
			kind: "text",
			value: "SCOPE",
			choices: ["none", "leaf", "chain"],
			summary: t`What must not be revoked`,
		},
		"fetch-issuers": { kind: "boolean", summary: t`Fetch missing issuers from where the certificate says` },
		offline: { kind: "boolean", summary: t`Fetch nothing` },
		"out-file": {
			...{ kind: "text", char: "o", value: "FILE" },
			summary: t`Keep the signed bytes here, the message in FILE.p7s`,
		},
		force: { kind: "boolean", summary: t`Replace the files when they exist` },
	},
	examples: [
		{ what: t`With a file`, line: "cfm sign test --p12 trial.p12 --anchor trial.pem" },
		{ what: t`With a token`, line: "cfm sign test --module /opt/token.so --slot 1" },
	],
	async run({ flags }, context): Promise<SignTest & { files: { content: string; message: string } | null }> {
		const { host, shell } = context;
		if (flags.tsa !== undefined && flags.offline)
			throw new CfmError("usage", "two-meanings", t`--tsa asks a server, and --offline none.`);
		const [certificates, messages] = [await host.certificates(), await host.signedMessages()];
		shell.atEnd(() => certificates.close());
		shell.atEnd(() => messages.close());
		const source = await keyOf(context, certificates, flags);
		const { certificates: intermediates, crls } = await takeAll(certificates, flags.intermediate);
		const judge = {
			...{ anchors: await anchorsOf(context, certificates, flags.anchor), intermediates, crls, ocsp: [] },
			...{ revocation: flags.revocation, allowWeak: false, fetchIssuers: flags["fetch-issuers"] },
		};
		const fetch = flags.offline ? undefined : await host.fetcher(shell.streams.variables);
		const tools = { certificates, messages, fetch };
		const { test, made } = await testSigning(tools, source, { tsa: flags.tsa, judge, now: () => host.now() });
		const out = flags["out-file"];
		return { ...test, files: out === undefined ? null : await keep(context, out, made, flags.force) };
	},
	view: ({ signature, by, source, slot, id, scheme, login, steps, files: kept, endsBadly }): Block[] => [
		...(signature.state === "valid" ? [{ line: t`The signature was made, and is valid.`, tone: "good" as const }] : []),
		...signature.reasons.map(({ text }): Block => ({ line: text, tone: "bad" })),
		{
			facts: [
				[t`Signer`, signature.signer?.subject ?? t`unknown signer`],
				[saySource(by), source],
				...(slot === null ? [] : [[t`Slot`, slot] as const]),
				...(id === null ? [] : [[t`Key`, id] as const]),
				[t`Login`, sayLogin(login)],
				[t`Scheme`, scheme],
				[t`Timestamp`, stampWords(signature)],
				...(kept === null ? [] : [[t`Kept in`, kept.message] as const]),
			],
		},
		table(columns, steps, ""),
		...(endsBadly === null ? [] : [{ line: t`Afterwards the module failed: ${endsBadly}`, tone: "caution" as const }]),
	],
	verdict: (result) => signVerdict(result),
});

/** Where the key is: on a token or in a file, one of them. */
async function keyOf(
	context: Context,
	certificates: Certificates,
	flags: {
		module?: string | undefined;
		slot?: number | undefined;
		id?: string | undefined;
		p12?: string | undefined;
		store?: string | undefined;
		fingerprint?: string | undefined;
		scheme?: SignatureScheme | undefined;
		"pin-file"?: string | undefined;
		"allow-last-try": boolean;
	},
): Promise<KeySource> {
	const { module, slot, id, p12, store, fingerprint, scheme } = flags;
	const pin = pinSource(context, flags);
	const named = [module, p12, store].filter((one) => one !== undefined);
	if (named.length !== 1 || (fingerprint !== undefined && store === undefined)) throw oneSourceError();
	if (store !== undefined) {
		if (slot !== undefined || id !== undefined) throw oneSourceError();
		const where = { store: parseStore(store), name: store, fingerprint, mayAsk: context.shell.canAsk };
		return keyInStore(certificates, await context.host.stores(), where, scheme);
	}
	if (p12 === undefined && module !== undefined && slot !== undefined) {
		const tokens = await tokensOf(context, await context.settings());
		return keyOnToken(tokens, { module, slot, id }, pin, scheme);
	}
	if (p12 === undefined || slot !== undefined || id !== undefined) throw oneSourceError();
	const name = p12 === STANDARD_INPUT ? t`standard input` : p12;
	const read = () => readBytes(p12, name, 0);
	return keyInFile(certificates, { name, read, password: () => passwordOf(pin, name) }, scheme);
}

function oneSourceError(): CfmError {
	return new CfmError("usage", "one-source", t`Specify --module with --slot, --store, or --p12: one of them.`);
}

async function passwordOf({ read, ask }: ReturnType<typeof pinSource>, name: string): Promise<string> {
	const bytes = await read?.();
	if (bytes !== undefined) {
		const password = bytes.toString("utf8");
		bytes.fill(0);
		return password;
	}
	if (ask !== undefined) return ask(t`Password of ${name}:`);
	throw new CfmError("denied", "password-needed", t`${name} has a password, and there is no terminal to ask on.`, {
		hints: [{ again: { "pin-file": { fill: "FILE" } } }],
		data: { source: name },
	});
}

/** Writes what was signed, and the message beside it, as signatures check finds it. */
async function keep({ host }: Context, file: string, { content, message }: Made, force: boolean) {
	const whole = async function* (bytes: Buffer) {
		yield bytes;
	};
	const written = await host.files.write(`${file}.p7s`, whole(message), { force });
	return { message: written, content: await host.files.write(file, whole(content), { force }) };
}

function saySource(by: KeyInHand["by"]): string {
	switch (by) {
		case "token":
			return t`Module`;
		case "store":
			return t`Store`;
		case "pkcs12":
			return t`File`;
	}
}

function sayLogin(login: KeyInHand["login"]): string {
	switch (login) {
		case "not-needed":
			return t`not needed`;
		case "pin":
			return t`with the PIN`;
		case "pin-pad":
			return t`at the reader`;
		case "windows":
			return t`by Windows`;
		case "password":
			return t`with the password`;
	}
}

function stampWords({ timestamps: [stamp] }: SignTest["signature"]): string {
	if (stamp === undefined) return t`none was asked for`;
	return stamp.time === null ? t`unknown` : localTime(stamp.time);
}
