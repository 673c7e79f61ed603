import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { makeFolder } from "../../folders.js";
import { type Authority, type Made, openssl } from "./authority.js";

/** How a responder answers: the file of its answers, and whom it signs as. */
export interface Answers {
	authority: Authority;
	signer?: Made;
	/** More words for `openssl ocsp`. */
	more?: readonly string[];
}

/**
 * An HTTP server on the loopback with OCSP responders, lists and every fault: each path is one. `openssl ocsp` answers each
 * request.
 */
export class Host {
	private readonly folder = makeFolder("responder");
	private readonly answers = new Map<string, (request: Buffer, response: ServerResponse) => void>();
	private constructor(private readonly server: Server) {}

	static async start(): Promise<Host> {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const host = new Host(server);
		server.on("request", (request, response) => void host.answer(request, response));
		return host;
	}

	url(path: string): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
	}

	/** A responder at a path. */
	responder(path: string, { authority, signer = authority.own, more = [] }: Answers): void {
		this.answers.set(path, (request, response) => {
			response.setHeader("Content-Type", "application/ocsp-response");
			response.end(this.ocspAnswer(authority, signer, request, more));
		});
	}

	/** What `openssl ocsp` answers. */
	ocspAnswer(authority: Authority, signer: Made, request: Buffer, more: readonly string[] = []): Buffer {
		const [asked, answered] = [join(this.folder, "request"), join(this.folder, "answer")];
		writeFileSync(asked, request);
		const from = ["-index", join(authority.folder, "index.txt"), "-CA", authority.own.file, "-reqin", asked];
		const by = ["-rsigner", signer.file, "-rkey", signer.keyFile, "-respout", answered];
		openssl(["ocsp", ...from, ...by, ...(more.length > 0 ? more : ["-ndays", "30"])]);
		return readFileSync(answered);
	}

	/** Always the same bytes. */
	file(path: string, body: Buffer | string, status = 200): void {
		this.answers.set(path, (_, response) => response.writeHead(status).end(body));
	}

	/** Something of its own. */
	at(path: string, answer: (request: Buffer, response: ServerResponse) => void): void {
		this.answers.set(path, answer);
	}

	private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const pieces: Buffer[] = [];
		for await (const piece of request) pieces.push(piece as Buffer);
		response.on("error", () => {});
		this.answers.get(request.url ?? "")?.(Buffer.concat(pieces), response);
	}

	close(): void {
		this.server.closeAllConnections();
		this.server.close();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
