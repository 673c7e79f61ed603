import { expect, it } from "vitest";
import { bareServer, giveClient, type RealServer } from "../real/server.js";

/** Nobody has an ID; the tester's client has `id`, Ben's client has none. */
async function twoWithout(id: number | undefined): Promise<RealServer> {
	const server = bareServer();
	await server.carry("init", "--yes", "--port-base", String(server.base), "--range", "1-30");
	giveClient(server.user, id);
	giveClient(server.ben, undefined);
	return server;
}

const findings = ["CFM-CLIENT-003", "CFM-AUDIT-006"].flatMap((id) => ["--only", id]);
const fix = ["audit", "--fix", "--all-users", ...findings];
const held = async (server: RealServer) => {
	const { out } = await server.run(["ids", "list", "--state", "allocated", "--json"]);
	const { allocations } = JSON.parse(out).result as { allocations: { user: string; id: number }[] };
	return Object.fromEntries(allocations.map(({ user, id }) => [user, id]));
};
/** Who is shown to get which ID, from the rows of the tables in a pipe. */
const shown = ({ out }: { out: string }, { account }: RealServer) =>
	Object.fromEntries(
		[...out.matchAll(/^(\S+)\t(\d+)\t/gm)].flatMap(([, user, id]) =>
			user === account || user === "ben" ? [[user, Number(id)]] : [],
		),
	);

it.each([
	["a client's own ID is given first, and nobody else is shown it", 1, 2],
	["an ID that stands apart leaves the lowest one", 5, 1],
])("what several commands of one plan would do is what they do: %s", async (_, own, bens) => {
	const server = await twoWithout(own);
	const expected = { [server.account]: own, ben: bens };
	expect(shown(await server.run([...fix, "--dry-run"]), server)).toEqual(expected);
	expect(await held(server)).toEqual({});
	await server.run([...fix, "--yes"]);
	expect(await held(server)).toEqual(expected);
});

it("shows two users who get any ID two of them", async () => {
	const server = await twoWithout(undefined);
	const seen = shown(await server.run([...fix, "--dry-run"]), server);
	expect(Object.values(seen).toSorted()).toEqual([1, 2]);
	await server.run([...fix, "--yes"]);
	expect(await held(server)).toEqual(seen);
});
