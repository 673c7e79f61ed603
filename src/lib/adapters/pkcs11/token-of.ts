import { mechanismName, tokenFlags } from "../../token/names.js";
import type { Token } from "../../token/token.js";
import type { RawToken } from "./cryptoki.js";

/** A token's facts as people and scripts are told them. */
export function tokenOf(slot: number, raw: RawToken, mechanisms: readonly { type: number }[]): Token {
	// PKCS#11 pads with blanks; some modules pad with zeros, or end the text with one.
	const plain = (text: string) => text.replace(/\0.*$/s, "").trim();
	return {
		slot,
		...{ label: plain(raw.label), serial: plain(raw.serial) },
		...{ manufacturer: plain(raw.manufacturer), model: plain(raw.model) },
		flags: tokenFlags(raw.flags),
		mechanisms: mechanisms.map(({ type }) => mechanismName(type)),
	};
}
