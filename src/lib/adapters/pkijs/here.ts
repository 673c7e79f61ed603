import type { SignedMessages } from "../../cms/signed-data.js";
import { attributesToSign, messageOf } from "./make.js";
import { questionOf } from "./question.js";
import { readRaw } from "./raw.js";
import { readMessage } from "./read.js";
import { readResponse } from "./response.js";

/** Signed messages, read in this very process: for one that is alone with them already. */
export function messagesHere(): SignedMessages {
	return {
		readRaw: async (request) => readRaw(request),
		read: async (request) => readMessage(request),
		readResponse: async (answer) => readResponse(answer),
		question: async (question) => questionOf(question),
		toSign: async (request) => attributesToSign(request),
		assemble: async (parts) => messageOf(parts),
		close: () => {},
	};
}
