import { findingKinds } from "./lib/findings.js";
import type { Message } from "./lib/notice/message.js";
import { messageOf } from "./lib/notice/message.js";
import type { Claim } from "./lib/registry/outbox.js";

/**
 * What is written to people, in the language of this bundle. A run speaks one language, and writes to each recipient in theirs:
 * a bundle of its own in every language takes plain data and gives texts (docs/decisions/0058).
 */
export function message(claims: readonly Claim[]): Message {
	return messageOf(claims, titleOf);
}

/** What is wrong, by a finding's ID: what was kept of it is in the language of whoever looked. */
function titleOf(id: string): string | undefined {
	return findingKinds.find((kind) => kind.id === id)?.title();
}
