/** The public key as the build was given it (`CFM_UPDATE_KEY`): SPKI of Ed25519 in Base64; empty without one. */
declare const CFM_UPDATE_KEY: string;

/** By whose signature the sums of cfm's files are believed; undefined in a build without a key. */
export const updateKey: string | undefined =
	typeof CFM_UPDATE_KEY === "undefined" || CFM_UPDATE_KEY === "" ? undefined : CFM_UPDATE_KEY;
