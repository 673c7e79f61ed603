import { expect, it, onTestFinished } from "vitest";
import type { Asker } from "../../../src/lib/operator/asker.js";
import { makeScene, runHere } from "../../shape/scene.js";
import { server } from "../../shape/server.js";

interface Answer {
	ok: boolean;
	result: Record<string, unknown>;
	error: { code: string; message: string; remedies: unknown[]; hints: string[]; data: Record<string, unknown> };
}

/** An office with Ana, an admin, and one of each other role. */
async function office(own: { elevated?: boolean } = {}) {
	const scene = makeScene(server, { username: "ana", uid: 1001 });
	onTestFinished(() => scene.remove());
	const as = async (account: string, line: string, asker: Partial<Asker> = {}) => {
		const host = {
			...scene.host,
			account: async () => account,
			asker: async () => ({ account, sid: null, administers: false, memberOf: async () => [], ...asker }),
			machine: async () => ({
				...(await scene.host.machine()),
				elevated: { known: true, value: own.elevated === true } as const,
			}),
		};
		const ran = await runHere([...line.split(" "), "--json"], { variables: scene.environment }, host);
		return { code: ran.code, ...(JSON.parse(ran.out) as Answer) };
	};
	const ana = (line: string) => as("ana", line);
	await ana("init --yes");
	await ana("operators add ana --role admin --yes");
	for (const role of ["auditor", "operator", "issuer"]) await ana(`operators add the-${role} --role ${role}`);
	const actions = async () =>
		((await ana("ids history")).result.events as { action: string }[]).map(({ action }) => action);
	return { as, ana, actions, scene };
}

const refused = { code: 5, ok: false, error: { code: "role-needed" } };

it("a refusal names who can, those who may least first, and tells no more than a few", async () => {
	const { as, ana } = await office();
	const one = await as("the-auditor", "services add Invoices --cert Seal");
	expect(one).toMatchObject(refused);
	expect(one.error.message).toBe(
		"cfm services add needs the role issuer, and the-auditor has only the role auditor in this registry.",
	);
	expect(one.error.hints[0]).toBe("Ask one of them: the-issuer (issuer), ana (admin).");
	for (const name of ["ben", "eve"]) await ana(`operators add ${name} --role issuer`);
	const other = await as("nobody", "services add Invoices --cert Seal");
	expect(other.error.message).toContain("nobody has none in this registry");
	expect(other.error.hints[0]).toBe("Ask one of them: ben (issuer), eve (issuer), the-issuer (issuer), or 1 other.");
	expect(other.error.data).toMatchObject({ needed: "issuer", role: null, able: ["ben", "eve", "the-issuer", "ana"] });
});

it("whoever administers the machine is an admin; a name in a variable is nobody", async () => {
	const { as } = await office();
	expect(await as("root", "environments add south --yes", { administers: true })).toMatchObject({ code: 0 });
	process.env.SUDO_USER = "ana";
	process.env.USERNAME = "ana";
	onTestFinished(() => {
		delete process.env.SUDO_USER;
		delete process.env.USERNAME;
	});
	expect(await as("nobody", "ids list")).toMatchObject(refused);
});

it("members of a group have its role", async () => {
	const { as, ana } = await office();
	await ana("operators add signers --kind group --role issuer");
	const belongs: Partial<Asker> = { memberOf: async (groups) => groups.filter(({ name }) => name === "signers") };
	expect(await as("gil", "notify ack access/1/1", belongs)).not.toMatchObject(refused);
	expect(await as("gil", "operators remove the-auditor --yes", belongs)).toMatchObject(refused);
	expect(await as("signers", "ids list")).toMatchObject(refused);
});

it("a dry run is refused, too, and leaves nothing; the refusal of a command is in the log once", async () => {
	const { as, actions } = await office();
	const before = await actions();
	expect(await as("the-auditor", "ids allocate CORP\\eve --dry-run")).toMatchObject(refused);
	expect(await as("the-operator", "web set --all-users --all-sites --dry-run")).not.toMatchObject(refused);
	expect(await actions()).toEqual(before);
	expect(await as("the-auditor", "ids allocate CORP\\eve")).toMatchObject(refused);
	expect(await actions()).toEqual([...before, "role.refuse"]);
});

it("a request that was refused can be made under its key by somebody who may", async () => {
	const { as } = await office();
	const line = "ids allocate CORP\\eve --request-id r1";
	expect(await as("the-auditor", line)).toMatchObject(refused);
	expect(await as("the-operator", line)).toMatchObject({
		code: 0,
		result: { allocations: [{ user: "CORP\\eve", id: 1 }] },
	});
});

it("undo takes the role of what it undoes, and passes over what was refused", async () => {
	const { as, ana } = await office();
	await as("the-operator", "ids allocate CORP\\eve");
	expect(await as("the-operator", "environments add south --yes")).toMatchObject(refused);
	const { requestKey } = ((await ana("ids history --last 1")).result.events as { requestKey: string }[])[0] ?? {};
	expect(requestKey).toEqual(expect.any(String));
	for (const dry of [" --dry-run", ""])
		expect(await as("the-operator", `undo latest --yes${dry}`)).toMatchObject({
			code: 0,
			result: { command: "ids allocate" },
		});
	await ana("environments add south --yes");
	const events = (await ana("ids history --last 1")).result.events as { requestKey: string }[];
	for (const dry of [" --dry-run", ""]) {
		const undone = await as("the-issuer", `undo ${events[0]?.requestKey} --yes${dry}`);
		expect(undone).toMatchObject({ ...refused, error: { data: { command: "undo", needed: "admin" } } });
	}
	expect(await as("ana", `undo ${events[0]?.requestKey} --yes`)).toMatchObject({ code: 0 });
});

it("what people do for themselves needs no role", async () => {
	const { as } = await office();
	for (const line of [
		...["me", "client show", "client show nobody", "web list", "doctor --only CFM-MACHINE-002"],
		...["config set language fr", "client set --dry-run --yes", "web backups list"],
	])
		expect((await as("nobody", line)).error?.code, line).not.toBe("role-needed");
	for (const line of [
		...[
			"client show CORP\\eve",
			"client set CORP\\eve --yes",
			"users list",
			"client list",
			"client detect --apply --yes",
		],
		...["config set install.timeout 10 --machine", "ids show nobody"],
	])
		expect(await as("nobody", line), line).toMatchObject(refused);
});

it("whoever sees all users of a machine needs a role for them", async () => {
	const { as } = await office({ elevated: true });
	for (const line of ["web list", "doctor --only CFM-REG-001", "web set --all-users --all-sites --yes"])
		expect(await as("nobody", line), line).toMatchObject(refused);
	expect((await as("nobody", "web list --user nobody")).error?.code).not.toBe("role-needed");
	expect(await as("nobody", "web list --user nobody --user eve")).toMatchObject(refused);
});

it("while nobody is named, everybody who can write is an admin", async () => {
	const { as, scene } = await office();
	const registry = `${scene.work}/other.db`;
	for (const line of [`init --yes --registry ${registry}`, `environments add south --yes --registry ${registry}`])
		expect(await as("nobody", line)).toMatchObject({ code: 0 });
});

it("says who loses what before it is lost", async () => {
	const { as, ana } = await office();
	await ana("operators add eve --role admin");
	const removal = await ana("operators remove ana --dry-run");
	expect(removal.result).toMatchObject({ yours: { before: "admin", after: null }, admins: ["eve"] });
	expect(await ana("operators add ana --role auditor")).toMatchObject({ code: 2, error: { code: "agreement-needed" } });
	expect(await ana("operators add ana --role auditor --yes")).toMatchObject({ code: 0 });
	expect(await ana("operators add ana --role admin --yes")).toMatchObject(refused);
	expect(await as("eve", "operators remove eve --yes")).toMatchObject({ code: 4, error: { code: "no-admin-left" } });
});
