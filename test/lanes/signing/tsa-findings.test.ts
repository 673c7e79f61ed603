import { afterAll, beforeAll, expect, it } from "vitest";
import { fetchOver } from "../../../src/lib/adapters/fetch/fetch.js";
import { certificatesHere } from "../../../src/lib/adapters/openssl/here.js";
import { type TimestampSources, timestampProbes } from "../../../src/lib/cms/probes.js";
import { askWatchedServers } from "../../../src/lib/cms/watch.js";
import { type ProbeOptions, runProbes } from "../../../src/lib/finding/run.js";
import { known, unknown } from "../../../src/lib/known.js";
import { bothWays } from "../../both-ways.js";
import { makeFolder } from "../../folders.js";
import { Authority, type Made } from "./authority.js";
import { messagesApart } from "./child.js";
import { Host } from "./responder.js";
import { Stamps, stampExtensions, stampUsages } from "./stamps.js";

// What doctor finds of timestamp servers, which answer on the loopback by `openssl ts`.

const certificates = certificatesHere();
const messages = messagesApart();
const folder = makeFolder("tsa-findings");
let host: Host;
let root: Authority;
let stamps: Stamps;
const signers = new Map<string, Made>();
beforeAll(async () => {
	host = await Host.start();
	root = Authority.root(folder, "root", { key: "ec:P-256" });
	stamps = new Stamps(folder, root);
	const issue = (name: string, usage: string, until = "20400101000000Z") =>
		signers.set(name, root.issue(name, { key: "ec:P-256", extensions: stampExtensions(usage), until }));
	issue("right", stampUsages.right);
	issue("old", stampUsages.right, "20210101000000Z");
	issue("plain", stampUsages.plain);
});
afterAll(() => {
	host.close();
	messages.close();
	certificates.close();
});

const signer = (name: string) => signers.get(name) as Made;
let count = 0;

/** A timestamp server that is looked after, and answers as it should. */
class Ward {
	readonly path = `/tsa${count++}`;
	urls = [host.url(this.path)];
	anchors = [root.own.der];
	/** How far this machine's clock is ahead, in milliseconds. */
	ahead = 0;

	constructor() {
		stamps.serve(host, this.path, signer("right"));
	}
}

async function checksOf({ urls, anchors, ahead }: Ward) {
	const timestamps = await askWatchedServers({
		...{ urls, certificates, messages, anchors: undefined, now: () => new Date(Date.now() + ahead) },
		fetch: (asked) => fetchOver({ ...asked, milliseconds: 10_000 }, {}),
		stores: {
			roots: async () => known(anchors),
			certificates: async () => unknown("only Windows has certificate stores"),
			believed: async () => Buffer.alloc(0),
			file: async () => Buffer.alloc(0),
			opinion: async () => known(null),
			key: async () => unknown("no keys"),
		},
	});
	const sources = { timestamps: async () => timestamps } as unknown as ProbeOptions<TimestampSources>["sources"];
	return (await runProbes(timestampProbes, { sources, seconds: 60 })).checks;
}

const look = async (ward: Ward, id: string) => (await checksOf(ward)).find((check) => check.id === id)?.state;
const make = () => new Ward();

bothWays("CFM-TSA-001", { make, look, provoke: ({ path }) => host.file(path, "no", 503) });
bothWays("CFM-TSA-002", { make, look, provoke: ({ path }) => host.file(path, "<html>Please log in</html>") });
bothWays("CFM-TSA-003", { make, look, provoke: ({ path }) => stamps.serve(host, path, signer("right"), "sha512") });
bothWays("CFM-TSA-004", {
	...{ make, look },
	provoke: ({ path }) =>
		host.at(path, (request, response) => {
			const answer = stamps.reply(request, signer("right"));
			answer[answer.length - 3] = (answer[answer.length - 3] ?? 0) ^ 1;
			response.end(answer);
		}),
});
bothWays("CFM-TSA-005", {
	...{ make, look },
	provoke(ward) {
		ward.ahead = 3_600_000;
	},
});
bothWays("CFM-TSA-006", { make, look, provoke: ({ path }) => stamps.serve(host, path, signer("old")) });
bothWays("CFM-TSA-007", {
	...{ make, look },
	provoke: ({ path }) =>
		host.at(path, (request, response) =>
			response.end(stamps.signedAnew(stamps.reply(request, signer("right")), signer("plain"))),
		),
});
bothWays("CFM-TSA-008", {
	...{ make, look },
	provoke(ward) {
		ward.anchors = [];
	},
});

it("without a server that a setting names, nothing is asked, and the checks are skipped", async () => {
	const states = (await checksOf(Object.assign(make(), { urls: [] }))).map(({ state }) => state);
	expect(new Set(states)).toEqual(new Set(["skipped"]));
});

it("a clock that is behind makes a timestamp of the future, and only the clock is told", async () => {
	const found = (await checksOf(Object.assign(make(), { ahead: -3_600_000 }))).filter(({ state }) => state === "found");
	expect(found.map(({ id }) => id)).toEqual(["CFM-TSA-005"]);
});
