import { createHmac } from "node:crypto";
import type { FetchRequest } from "../certificate/fetch.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { payload } from "./payload.js";
import type { Outgoing } from "./run.js";

export const webhookFormats = ["standard", "teams"] as const;

/** Where a webhook is, and what signs what it gets. Both are secrets: an address may hold a key. */
export interface Webhook {
	url: string;
	/** The secret's bytes; undefined: nothing is signed. */
	secret: Buffer | undefined;
	format: (typeof webhookFormats)[number];
}

/**
 * Reads the file of a webhook: its address in the first line, `whsec_…` (base64) in the second. Only `https`, but for a server
 * on this machine.
 *
 * @throws CfmError usage `bad-webhook`; what is in the file is not repeated
 */
export function parseWebhook(content: string, format: Webhook["format"]): Webhook {
	const [url = "", secret = ""] = content.split(/\r?\n/).map((one) => one.trim());
	const target = URL.canParse(url) ? new URL(url) : undefined;
	const isLocal = target !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(target.hostname);
	const bytes = /^whsec_[A-Za-z\d+/]{16,}={0,2}$/.test(secret) ? Buffer.from(secret.slice(6), "base64") : undefined;
	const isFit = target?.protocol === "https:" || (isLocal && target?.protocol === "http:");
	if (isFit && (secret === "" || bytes !== undefined)) return { url, secret: bytes, format };
	throw new CfmError(
		"usage",
		"bad-webhook",
		t`The webhook's file does not hold an address of https, and below it a secret.`,
		{
			hints: [t`Write https://… in the first line, and whsec_… in the second, or nothing.`],
		},
	);
}

/** What is posted: by Standard Webhooks under the mail's own name, so that a repeat is known; or a card for Teams. */
export function webhookRequest({ url, secret, format }: Webhook, outgoing: Outgoing, now: Date): FetchRequest {
	const body = JSON.stringify(format === "teams" ? teamsCard(outgoing) : payload(outgoing));
	const [id, timestamp] = [outgoing.messageId, String(Math.floor(now.getTime() / 1000))];
	const signature =
		secret === undefined
			? {}
			: {
					"webhook-signature": `v1,${createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
				};
	return {
		url,
		body: { content: Buffer.from(body), type: "application/json" },
		headers: { "webhook-id": id, "webhook-timestamp": timestamp, ...signature },
		...{ straight: true, mostBytes: 64 * 1024, milliseconds: 30_000 },
	};
}

function teamsCard({ subject, sentences }: Outgoing) {
	const block = (text: string, more: object = {}) => ({ type: "TextBlock", text: plain(text), wrap: true, ...more });
	return {
		type: "message",
		attachments: [
			{
				contentType: "application/vnd.microsoft.card.adaptive",
				content: {
					$schema: "http://adaptivecards.io/schemas/adaptive-card.json",
					...{ type: "AdaptiveCard", version: "1.4" },
					// Teams takes 28 KB.
					body: [block(subject, { weight: "Bolder" }), ...sentences.slice(0, 50).map((one) => block(one))],
				},
			},
		],
	};
}

/** A card reads Markdown: a name must be no link. */
function plain(text: string): string {
	return text.replace(/[\\[\]()*_`#<>~|!]/g, (sign) => `\\${sign}`);
}
