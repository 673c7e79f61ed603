import type { Machine } from "../../client/machine.js";
import type { Sight } from "../../self/check.js";
import { t } from "../../text.js";
import { authenticode } from "./authenticode.js";
import { sight } from "./sight.js";

/** Node's own program: its maker signs it, and everybody who runs `cfm` has it. */
const signed = process.execPath;

export async function signatureSight({ installer }: Machine): Promise<Sight> {
	const signature = await installer.signature(signed);
	if (!signature.known) return sight(false, signature.why);
	const { status, chain = [], countersigner, signedAt } = signature.value;
	const isWhole = chain.length > 1 && countersigner != null && signedAt != null;
	const seen = t`${status}, certificates: ${chain.length}, time: ${signedAt ?? "-"}`;
	return sight(status === "valid" && isWhole, seen);
}

export async function powershellSight({ installer }: Machine): Promise<Sight> {
	const [here, there] = await Promise.all([installer.signature(signed), authenticode(signed)]);
	if (!there.known) return sight(false, there.why);
	if (!here.known) return sight(false, here.why);
	const isSame = here.value.status === there.value.status && here.value.signer === there.value.signer;
	return sight(isSame, isSame ? there.value.status : t`${there.value.status}, in process ${here.value.status}`);
}
