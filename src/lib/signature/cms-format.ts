import { judgeSigners } from "../cms/judge.js";
import { readSignedData } from "../cms/read.js";
import type { SignatureFormat } from "./format.js";

/** Signed messages of their own: `.p7m`, `.p7s`, in DER, PEM or base64. */
export const cmsFormat: SignatureFormat = {
	name: "cms",
	// Whatever no other format takes may be one: only who reads it can tell.
	fits: () => true,
	async read(tools, file, content, request) {
		const data = await readSignedData(tools.messages, file, { content: content && [content] });
		if (data === null) return null;
		const verdicts = await judgeSigners(tools, data, request);
		return { signatures: verdicts.map((verdict, at) => ({ number: at + 1, ...verdict })) };
	},
};
