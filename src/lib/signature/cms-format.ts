import { judgeSigners } from "../cms/judge.js";
import { signedMail } from "../cms/mail.js";
import { readSignedData } from "../cms/read.js";
import type { SignatureFormat } from "./format.js";

/** Signed messages of their own: `.p7m`, `.p7s`, in DER, PEM or base64, or as mail carries them (S/MIME). */
export const cmsFormat: SignatureFormat = {
	name: "cms",
	// Whatever no other format takes may be one: only who reads it can tell.
	fits: () => true,
	async read(tools, file, content, request) {
		const mail = signedMail(file);
		const signed = content ?? mail?.content;
		const data = await readSignedData(tools.messages, mail?.message ?? file, { content: signed && [signed] });
		if (data === null) return null;
		const verdicts = await judgeSigners(tools, data, request);
		return { signatures: verdicts.map((verdict, at) => ({ number: at + 1, ...verdict })) };
	},
};
