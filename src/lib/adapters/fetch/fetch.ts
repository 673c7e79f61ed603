import { type Agent, type AgentOptions, Agent as HttpAgent, type IncomingMessage, request } from "node:http";
import { Agent as HttpsAgent, request as secureRequest } from "node:https";
import type { Fetched, FetchRequest } from "../../certificate/fetch.js";
import { codeOf } from "../../system-errors.js";

/** More redirections lead nowhere. */
const mostRedirections = 3;

/** What the system says of a server that is not there. */
const refusals = ["ECONNREFUSED", "ECONNRESET", "EPIPE"];

/**
 * Asks over HTTP, within limits of time and size, through the proxy that the process environment names.
 *
 * @param variables the process environment
 */
export async function fetchOver(asked: FetchRequest, variables: NodeJS.ProcessEnv = process.env): Promise<Fetched> {
	const deadline = AbortSignal.timeout(asked.milliseconds);
	let { url } = asked;
	for (let turn = 0; turn <= mostRedirections; turn++) {
		const fetched = await fetchOnce({ ...asked, url }, deadline, variables);
		if (!("to" in fetched)) return fetched;
		url = fetched.to;
	}
	return { is: "unreachable", why: "ELOOP" };
}

async function fetchOnce(
	{ url, body, mostBytes, headers: own, straight }: FetchRequest,
	deadline: AbortSignal,
	variables: NodeJS.ProcessEnv,
): Promise<Fetched | { to: string }> {
	const target = URL.canParse(url) ? new URL(url) : undefined;
	const secure = target?.protocol === "https:";
	if (target === undefined || (!secure && target.protocol !== "http:"))
		return { is: "not-asked", why: url.slice(0, 200) };
	// From 24.5 on an agent knows about proxies; older ones ignore it.
	const options = { proxyEnv: variables } as AgentOptions;
	const agent: Agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
	let isAnswering = false;
	try {
		const answer = await new Promise<IncomingMessage>((resolve, reject) => {
			const headers = { ...own, ...(body && { "Content-Type": body.type, "Content-Length": body.content.length }) };
			const ask = secure ? secureRequest : request;
			const made = ask(target, { agent, headers, method: body === undefined ? "GET" : "POST", signal: deadline });
			made.once("response", resolve).once("error", reject);
			made.end(body?.content);
		});
		isAnswering = true;
		const { statusCode: status = 0, headers } = answer;
		const { location } = headers;
		if (!straight && status >= 300 && status < 400 && location !== undefined && URL.canParse(location, url)) {
			answer.destroy();
			return { to: new URL(location, url).href };
		}
		const pieces: Buffer[] = [];
		let length = 0;
		for await (const piece of answer as AsyncIterable<Buffer>) {
			pieces.push(piece);
			length += piece.length;
			if (length > mostBytes) return { is: "endless", why: String(mostBytes) };
		}
		const date = Date.parse(headers.date ?? "");
		const told = { body: Buffer.concat(pieces), date: Number.isNaN(date) ? null : new Date(date).toISOString() };
		if (status !== 200) return { is: "http-error", status, ...told };
		return { is: "answer", type: headers["content-type"] ?? "", ...told };
	} catch (error) {
		return failure(error, deadline, isAnswering);
	} finally {
		agent.destroy();
	}
}

function failure(error: unknown, deadline: AbortSignal, isAnswering: boolean): Fetched {
	const why = codeOf(error) || (error instanceof Error ? error.message : String(error));
	if (deadline.aborted) return { is: "timeout", why };
	if (isAnswering) return { is: "cut", why };
	return { is: refusals.includes(why) ? "refused" : "unreachable", why };
}
