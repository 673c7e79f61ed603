import { expect, it } from "vitest";
import { known, unknown } from "../../../src/lib/known.js";
import { watchingOthersClients } from "../../../src/lib/port/ended-clients.js";
import { ana, profile } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { FakeNetwork, listener, owner } from "./fake-network.js";

const ben = owner("CORP\\ben", { pid: 5000 });
const cleo = owner("CORP\\cleo", { pid: 5001 });
const own = owner(ana.account, { pid: 5002, sid: ana.sid });
const web = owner("CORP\\dora", { pid: 5003, process: "httpd.exe" });
const all = [ben, cleo, own, web].map((one, at) => listener(24_251 + at, one));

/** What is told of work that leaves these. */
async function told(left: FakeNetwork["found"], before: FakeNetwork["found"] = known([...all, listener(8080, ben)])) {
	const network = new FakeNetwork();
	network.found = before;
	const remarks: string[] = [];
	const work = async () => {
		network.found = left;
		return "done";
	};
	expect(await watchingOthersClients(network, profile, ana, work, (text) => remarks.push(text))).toBe("done");
	return remarks;
}

it("other users' clients that ended meanwhile are told of, each once; one's own and other programs are not", async () => {
	expect(await told(known([all[1] as (typeof all)[0]]))).toEqual([expect.stringContaining("CORP\\ben (port 24251)")]);
	expect(await told(known(all))).toEqual([]);
});

it("a client that was started anew meanwhile ended, too", async () => {
	const anew = listener(24_251, { ...ben, since: "2026-01-15T09:00:00.000Z" });
	expect(await told(known([anew, ...all.slice(1)]))).toHaveLength(1);
});

it("nothing is told where nobody could look", async () => {
	expect(await told(unknown("no table"))).toEqual([]);
	expect(await told(known([]), unknown("no table"))).toEqual([]);
});

it("they are told of also when the work fails", async () => {
	const network = new FakeNetwork();
	network.found = known(all);
	const remarks: string[] = [];
	const work = async () => {
		network.found = known([]);
		throw new Error("the installer failed");
	};
	const watched = watchingOthersClients(network, profile, ana, work, (text) => remarks.push(text));
	expect(await failure(() => watched).catch((error: Error) => error)).toMatchObject({
		message: "the installer failed",
	});
	expect(remarks).toHaveLength(2);
});
