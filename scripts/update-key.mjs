// By whose signature the sums of a bundle are believed (docs/decisions/0060): CFM_UPDATE_KEY names a PEM file with a public key
// of Ed25519 when cfm is built. Without one a build has no `cfm self update`.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";

/** SPKI in Base64; empty without a key. @throws for another kind of key */
export function updateKey() {
	const { CFM_UPDATE_KEY: file } = process.env;
	return file === undefined || file === "" ? "" : spkiOf(createPublicKey(readFileSync(file)));
}

/**
 * What signs the sums of a bundle; undefined without a key.
 *
 * @param {string | undefined} file a PEM file with the private key of the one that the build believes
 * @returns {((bytes: Uint8Array) => Buffer) | undefined}
 * @throws when one of the two is missing, or they do not belong together: such a bundle could not be updated to, or from
 */
export function sumsSigner(file) {
	const believed = updateKey();
	if (file === undefined && believed === "") return undefined;
	if (file === undefined) throw new Error("CFM_UPDATE_KEY is set: name the private key by --sums-key FILE");
	const key = createPrivateKey(readFileSync(file));
	if (spkiOf(createPublicKey(key)) !== believed) throw new Error(`CFM_UPDATE_KEY is not the public key of ${file}`);
	return (bytes) => sign(null, bytes, key);
}

function spkiOf(key) {
	if (key.asymmetricKeyType !== "ed25519") throw new Error(`a key of Ed25519 is needed, not ${key.asymmetricKeyType}`);
	return key.export({ type: "spki", format: "der" }).toString("base64");
}
