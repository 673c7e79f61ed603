import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { t } from "../text.js";

/** A module, and what is wrong with it. */
interface ModuleFacts {
	path: string;
	why: string;
}

/** A token, by its module and slot. */
interface TokenFacts {
	module: string;
	slot: number;
	label: string;
}

/** A key of a token. */
interface KeyFacts extends TokenFacts {
	id: string;
}

const sampleModule: ModuleFacts = { path: "C:\\Windows\\System32\\eTPKCS11.dll", why: "there is no such file" };
const sampleToken: TokenFacts = { module: sampleModule.path, slot: 0, label: "Ana" };
const sampleKey: KeyFacts = { ...sampleToken, id: "01" };
const listed = ({ path }: ModuleFacts) => [line("tokens list", [], { module: path })];
const shown = ({ module, slot }: TokenFacts) => [line("tokens show", [], { module, slot })];
const named = ({ label, slot }: TokenFacts) => (label === "" ? t`the token in slot ${slot}` : t`the token ${label}`);

export const moduleMissing: FindingKind<ModuleFacts> = {
	id: "CFM-TOKEN-001",
	severity: "warning",
	title: () => t`A PKCS#11 module of the settings is missing`,
	text: ({ path, why }) => t`${path} (token.modules): ${why}`,
	remedies: () => [line("config get", ["token.modules"])],
	sample: sampleModule,
};

export const moduleOtherArchitecture: FindingKind<ModuleFacts> = {
	id: "CFM-TOKEN-002",
	severity: "warning",
	title: () => t`A PKCS#11 module is 32-bit, or for another processor`,
	text: ({ path, why }) => t`${path}: ${why}`,
	remedies: listed,
	sample: { ...sampleModule, why: "it is 32-bit; cfm needs x64, as Node is" },
};

export const moduleFails: FindingKind<ModuleFacts> = {
	id: "CFM-TOKEN-003",
	severity: "error",
	title: () => t`A PKCS#11 module fails`,
	text: ({ path, why }) => t`${path}: ${why}`,
	remedies: listed,
	sample: { ...sampleModule, why: "it crashed (0xC0000005), in C_Initialize" },
};

export const moduleEndsBadly: FindingKind<ModuleFacts> = {
	id: "CFM-TOKEN-004",
	severity: "warning",
	title: () => t`A PKCS#11 module answers, and then fails`,
	text: ({ path, why }) => t`${path}: ${why}`,
	remedies: listed,
	sample: { ...sampleModule, why: "it crashed (0xC0000005), in C_Finalize" },
};

export const moduleOpen: FindingKind<ModuleFacts> = {
	id: "CFM-TOKEN-005",
	severity: "error",
	title: () => t`Other users can write a PKCS#11 module`,
	text: ({ path, why }) => t`${path}: ${why}`,
	remedies: listed,
	sample: { ...sampleModule, why: "C:\\Tools can be written by other users" },
};

export const serviceStopped: FindingKind<{ why: string }> = {
	id: "CFM-TOKEN-006",
	severity: "warning",
	title: () => t`The smart card service does not answer`,
	text: ({ why }) => why,
	sample: { why: "the smart card service is not running" },
};

export const noReader: FindingKind<{ path: string; readers: number | null }> = {
	id: "CFM-TOKEN-007",
	severity: "notice",
	title: () => t`A PKCS#11 module sees no reader`,
	text: ({ path, readers }) =>
		readers === null || readers === 0
			? t`${path} has no slots, and the smart card service knows no reader in this session`
			: t`${path} has no slots, although the smart card service knows readers (${readers})`,
	remedies: ({ path }) => listed({ path, why: "" }),
	dependsOn: ["CFM-TOKEN-006"],
	sample: { path: sampleModule.path, readers: 0 },
};

export const pinLow: FindingKind<TokenFacts> = {
	id: "CFM-TOKEN-008",
	severity: "warning",
	title: () => t`A wrong PIN was entered, and few tries are left`,
	text: (token) => t`${named(token)} counts wrong PINs; the right one sets the count back`,
	remedies: shown,
	sample: sampleToken,
};

export const pinFinalTry: FindingKind<TokenFacts> = {
	id: "CFM-TOKEN-009",
	severity: "error",
	title: () => t`One try is left for the PIN of a token`,
	text: (token) => t`one more wrong PIN locks ${named(token)}`,
	remedies: shown,
	sample: sampleToken,
};

export const pinLocked: FindingKind<TokenFacts> = {
	id: "CFM-TOKEN-010",
	severity: "error",
	title: () => t`The PIN of a token is locked`,
	text: (token) => t`${named(token)} accepts no PIN until it is unlocked with its administrator's PIN or PUK`,
	remedies: shown,
	sample: sampleToken,
};

export const pinToChange: FindingKind<TokenFacts> = {
	id: "CFM-TOKEN-011",
	severity: "warning",
	title: () => t`The PIN of a token must be changed`,
	text: (token) => t`${named(token)} wants another PIN before it signs`,
	remedies: shown,
	sample: sampleToken,
};

export const keyWithoutCertificate: FindingKind<KeyFacts> = {
	id: "CFM-TOKEN-012",
	severity: "notice",
	title: () => t`A key on a token has no certificate`,
	text: (key) => t`the key ${key.id} on ${named(key)} has no certificate with its ID`,
	remedies: shown,
	sample: sampleKey,
};

export const keyAlwaysAuthenticates: FindingKind<KeyFacts> = {
	id: "CFM-TOKEN-013",
	severity: "notice",
	title: () => t`A key wants the PIN for each signature`,
	text: (key) => t`the key ${key.id} on ${named(key)} wants the PIN each time: a batch asks as often as it signs`,
	remedies: shown,
	sample: sampleKey,
};

export const moduleKinds: readonly AnyKind[] = [
	moduleMissing,
	moduleOtherArchitecture,
	moduleFails,
	moduleEndsBadly,
	moduleOpen,
];
export const readerKinds: readonly AnyKind[] = [serviceStopped, noReader];
export const pinKinds: readonly AnyKind[] = [pinLow, pinFinalTry, pinLocked, pinToChange];
export const keyKinds: readonly AnyKind[] = [keyWithoutCertificate, keyAlwaysAuthenticates];

export const tokenKinds: readonly AnyKind[] = [...moduleKinds, ...readerKinds, ...pinKinds, ...keyKinds];
