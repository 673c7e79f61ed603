import type { Certificates } from "../../lib/certificate/certificates.js";
import { chooseOne } from "../../lib/certificate/choose.js";
import type { SystemOpinion } from "../../lib/certificate/stores.js";
import { type Verdict, verifyCertificate } from "../../lib/certificate/verify.js";
import { command } from "../../lib/cli/definition.js";
import { parseMoment } from "../../lib/cli/input/moment.js";
import type { Block } from "../../lib/cli/view.js";
import type { Context } from "../../lib/context.js";
import { CfmError } from "../../lib/errors.js";
import { t } from "../../lib/text.js";
import { anchorsOf, parsePolicy, takeAll } from "../_trust.js";
import { atPlace, bytesOf, certificatesOf, type FoundThere, passwordFlag, placeFlags } from "./_inputs.js";
import { certificateFacts } from "./_view.js";

const files = { kind: "text", value: "FILE", of: "file", multiple: true } as const;

export default command({
	summary: t`Verify a certificate: its path, its use, and whether it was revoked`,
	description: t`By RFC 5280, with OpenSSL; every reason, and exit code 8 if it is not valid. Other certificates beside it may stand between it and its root. Without --revocation, what you hand in counts, or else the addresses in it.`,
	role: "none",
	args: { file: { summary: t`The file; - for standard input` } },
	flags: {
		...placeFlags,
		fingerprint: { kind: "text", value: "HEX", summary: t`The one of several with this SHA-256` },
		intermediate: { ...files, summary: t`Certificates that may stand between; not trusted` },
		anchor: {
			...files,
			value: "ANCHOR",
			summary: t`What to trust: a file, system, notarius; by default, the last two`,
		},
		crl: { ...files, summary: t`Revocation lists, also delta lists` },
		ocsp: { ...files, summary: t`OCSP answers` },
		policy: { kind: "text", value: "OID", multiple: true, summary: t`An acceptable certificate policy` },
		"require-policy": { kind: "boolean", summary: t`Some policy must be valid on the whole path` },
		"inhibit-policy-mapping": { kind: "boolean", summary: t`Policies may not be mapped` },
		"inhibit-any-policy": { kind: "boolean", summary: t`anyPolicy does not count` },
		revocation: {
			kind: "text",
			value: "SCOPE",
			choices: ["none", "leaf", "chain"],
			summary: t`What must not be revoked`,
		},
		at: {
			kind: "text",
			value: "TIME",
			of: "new",
			summary: t`When it must be valid: 2026-01-15, 2026-01-15T09:30Z; by default, now`,
		},
		purpose: {
			kind: "text",
			value: "PURPOSE",
			choices: ["signing", "any"],
			summary: t`What it must be good for; by default, signing documents`,
		},
		"allow-weak": { kind: "boolean", summary: t`Accept weak keys and hashes` },
		"fetch-issuers": { kind: "boolean", summary: t`Fetch missing issuers from where the certificate says` },
		offline: { kind: "boolean", summary: t`Fetch nothing` },
		...passwordFlag,
	},
	examples: [
		{ what: t`With the authorities at hand`, line: "cfm certs verify ana.pem --anchor root.pem --offline" },
		{
			what: t`With a revocation list`,
			line: "cfm certs verify ana.pem --anchor root.pem --crl root.crl --offline",
		},
	],
	async run({ args, flags }, context) {
		const { host, shell } = context;
		const policies = flags.policy.map(parsePolicy);
		const now = host.now();
		const at = flags.at === undefined ? now : new Date(parseMoment(flags.at, now));
		const certificates = await certificatesOf(context);
		const place = { ...args, ...flags, passwordFile: flags["password-file"] };
		const opened = await atPlace(context, certificates, place);
		const { certificate, beside } = await theOne(context, certificates, opened, flags.fingerprint);
		const all = (named: readonly string[]) => takeAll(certificates, named);
		const [between, lists, ocsp] = [await all(flags.intermediate), await all(flags.crl), await readAll(flags.ocsp)];
		const intermediates = [...beside, ...between.certificates];
		const fetch = flags.offline ? undefined : await host.fetcher(shell.streams.variables);
		const crls = [...opened.crls, ...between.crls, ...lists.crls];
		const verdict = await shell.during(t`Verifying`, async () =>
			verifyCertificate(certificates, fetch, {
				...{ certificate, intermediates, anchors: await anchorsOf(context, certificates, flags.anchor), crls, ocsp },
				...{ at, policies, purpose: flags.purpose ?? "signing", revocation: flags.revocation ?? "known" },
				requirePolicy: flags["require-policy"],
				inhibitPolicyMapping: flags["inhibit-policy-mapping"],
				inhibitAnyPolicy: flags["inhibit-any-policy"],
				allowWeak: flags["allow-weak"],
				fetchIssuers: flags["fetch-issuers"],
			}),
		);
		const { fetched, ...told } = verdict;
		const opinion = await (await host.stores()).opinion(certificate, [...intermediates, ...fetched], at);
		const { source, kind } = opened;
		return {
			...{ file: args.file ?? null, source, kind },
			...told,
			total: told.chain.length,
			system: opinion.known ? opinion.value : null,
			...(opinion.known ? {} : { unknown: ["system"] }),
		};
	},
	view: (result): Block[] => [
		// Why it is not valid comes first; that it is not, is said by the error.
		...result.reasons.map(({ depth, text }): Block => ({ line: t`Certificate ${depth}: ${text}`, tone: "bad" })),
		...(result.valid ? [{ line: t`The certificate is valid.`, tone: "good" as const }] : []),
		{ line: "" },
		...result.chain.slice(0, 1).map(certificateFacts),
		{ line: "" },
		{ line: t`Path:` },
		...result.chain.map(
			({ depth, subject, isAnchor }): Block => ({
				line: isAnchor ? t`  ${depth}  ${subject} (trusted)` : `  ${depth}  ${subject}`,
			}),
		),
		...revocationView(result.revocation),
		...systemView(result.system),
	],
	verdict: ({ valid, source, reasons }) =>
		valid
			? undefined
			: new CfmError("findings", "certificate-not-valid", t`The certificate in ${source} is not valid.`, {
					data: { codes: [...new Set(reasons.map(({ code }) => code))] },
				}),
});

/**
 * The certificate that is to be verified, and those that were with it. In a file it is the first; in a store or on a token, where
 * none is, the only one that is no authority's.
 */
async function theOne(
	context: Context,
	certificates: Certificates,
	{ kind, source, certificates: ders }: FoundThere,
	fingerprint: string | undefined,
): Promise<{ certificate: Buffer; beside: Buffer[] }> {
	const isFile = kind !== "store" && kind !== "token";
	if (isFile && ders.length === 0) throw noLeafError(source);
	const [first] = ders;
	const certificate =
		isFile && fingerprint === undefined && first !== undefined
			? first
			: (await chooseOne(certificates, ders, source, fingerprint)).der;
	const others = kind === "store" ? await authoritiesBeside(context, source) : [];
	return { certificate, beside: [...ders.filter((one) => !one.equals(certificate)), ...others] };
}

/** Windows keeps the certificates of authorities in a store of their own. */
async function authoritiesBeside({ host }: Context, store: string): Promise<Buffer[]> {
	const scope = store.startsWith("user") ? "user" : "machine";
	const found = await (await host.stores()).certificates({ scope, name: "CA" });
	return found.known ? found.value : [];
}

function noLeafError(source: string): CfmError {
	return new CfmError("usage", "no-certificate", t`There is no certificate in ${source}, only revocation lists.`, {
		data: { source },
	});
}

async function readAll(named: readonly string[]): Promise<Buffer[]> {
	const found: Buffer[] = [];
	for (const file of named) found.push(await bytesOf(file));
	return found;
}

function revocationView(said: Verdict["revocation"]): Block[] {
	if (said.length === 0) return [{ line: t`Revocation was not checked.`, tone: "caution" }];
	return [
		{ line: t`Revocation:` },
		...said.map(
			({ depth, by, from, state, text }): Block => ({
				line: `  ${depth}  ${by === "ocsp" ? "OCSP" : "CRL"}${from === null ? "" : ` ${from}`}: ${text}`,
				tone: state === "good" ? "good" : state === "revoked" ? "bad" : "caution",
			}),
		),
	];
}

function systemView(opinion: SystemOpinion | null): Block[] {
	if (opinion === null) return [];
	const { engine, valid, faults } = opinion;
	const says = valid ? t`valid` : faults.join(", ");
	return [{ line: t`What ${engine} itself says, not part of the verdict: ${says}` }];
}
