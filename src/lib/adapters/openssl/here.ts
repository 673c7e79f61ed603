import type { Certificates } from "../../certificate/certificates.js";
import { WithBytes } from "../isolation/serve.js";
import { answerAboutCertificates } from "./answer.js";
import { certificatesBy } from "./isolated.js";

/** Certificates, judged in this very process: for one that is alone with them already. What is hostile can end it. */
export function certificatesHere(): Certificates {
	return certificatesBy(
		async (packed, bytes, shape) => {
			const given = await answerAboutCertificates(packed, bytes);
			const [value, more] = given instanceof WithBytes ? [given.value, given.bytes] : [given, Buffer.alloc(0)];
			return { answer: shape(value), bytes: more };
		},
		() => {},
	);
}
