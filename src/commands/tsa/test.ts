import { command } from "../../lib/cli/definition.js";
import { localTime } from "../../lib/cli/time.js";
import type { Block } from "../../lib/cli/view.js";
import { testTsa, tsaVerdict } from "../../lib/cms/tsa.js";
import { t } from "../../lib/text.js";
import { anchorsOf, parsePolicy, takeAll } from "../_trust.js";

export default command({
	summary: t`Ask a timestamp server for a timestamp, and verify it`,
	description: t`Sends the hash of random bytes (RFC 3161); verifies nonce, signature, the server's certificate, path and revocation; compares clocks.`,
	role: "none",
	flags: {
		tsa: { kind: "text", value: "URL", of: "new", required: true, summary: t`The address of the timestamp server` },
		anchor: {
			kind: "text",
			of: "file",
			multiple: true,
			value: "ANCHOR",
			summary: t`What to trust: a file, system, notarius; by default, the last two`,
		},
		intermediate: {
			...{ kind: "text", value: "FILE", of: "file", multiple: true },
			summary: t`Certificates that may stand between; not trusted`,
		},
		policy: { kind: "text", value: "OID", of: "new", summary: t`The policy that it must be made under` },
		hash: {
			kind: "text",
			value: "HASH",
			choices: ["sha256", "sha384", "sha512"],
			summary: t`The hash to be stamped; by default, sha256`,
		},
		revocation: {
			kind: "text",
			value: "SCOPE",
			choices: ["none", "leaf", "chain"],
			summary: t`What must not be revoked`,
		},
		"fetch-issuers": { kind: "boolean", summary: t`Fetch missing issuers from where the certificate says` },
	},
	examples: [{ what: t`A server`, line: "cfm tsa test --tsa http://tsa.example.com --anchor root.pem" }],
	async run({ flags }, context) {
		const { host, shell } = context;
		const policy = flags.policy === undefined ? undefined : parsePolicy(flags.policy);
		const [certificates, messages] = [await host.certificates(), await host.signedMessages()];
		shell.atEnd(() => certificates.close());
		shell.atEnd(() => messages.close());
		const { certificates: intermediates, crls } = await takeAll(certificates, flags.intermediate);
		const judge = {
			...{ anchors: await anchorsOf(context, certificates, flags.anchor), intermediates, crls, ocsp: [] },
			...{ revocation: flags.revocation, at: undefined, allowWeak: false, fetchIssuers: flags["fetch-issuers"] },
		};
		const fetch = await host.fetcher(shell.streams.variables);
		const asked = { url: flags.tsa, hash: flags.hash ?? ("sha256" as const), policy, judge, now: () => host.now() };
		const tools = { certificates, messages, fetch };
		const test = await shell.during(t`Asking for a timestamp`, () => testTsa(tools, asked));
		return { ...test, total: test.reasons.length };
	},
	view: ({ timestamp, clockDifference, milliseconds }): Block[] => {
		if (timestamp === null) return [];
		const { state, time, signer, policy, accuracy } = timestamp;
		return [
			...(state === "valid" ? [{ line: t`The timestamp is valid.`, tone: "good" as const }] : []),
			{
				facts: [
					[t`Server`, signer?.subject ?? t`unknown signer`],
					[t`Time`, time === null ? t`unknown` : localTime(time)],
					[t`Accuracy`, accuracy === null ? t`not told` : t`${accuracy / 1000} seconds`],
					[t`Policy`, policy ?? t`unknown`],
					[t`Clock difference`, clockDifference === null ? t`unknown` : t`${clockDifference / 1000} seconds`],
					[t`Answered within`, t`${milliseconds / 1000} seconds`],
				],
			},
		];
	},
	verdict: tsaVerdict,
});
