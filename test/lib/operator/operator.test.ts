import { describe, expect, it } from "vitest";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import {
	type AddOperatorRequest,
	addOperator,
	type OperatorOperation,
	removeOperator,
} from "../../../src/lib/operator/change.js";
import { parseMailbox, parseOperatorName } from "../../../src/lib/operator/find.js";
import { listOperators } from "../../../src/lib/operator/operator.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { undoRequest } from "../../../src/lib/undo/undo.js";
import { anAttribution } from "../../contract/store.js";
import { failure } from "../failure.js";
import { Stage } from "../registry/stage.js";

const now = new Date("2026-03-02T08:00:00.000Z");
const yourRole = async () => "admin" as const;
const add = (name: string, own: Partial<AddOperatorRequest> = {}): OperatorOperation =>
	addOperator({
		name,
		kind: undefined,
		sid: null,
		role: "admin",
		mail: undefined,
		lang: undefined,
		now,
		yourRole,
		...own,
	});
const remove = (name: string, sid: string | null = null): OperatorOperation =>
	removeOperator({ name, kind: undefined, sid, yourRole });

async function office(own: Parameters<typeof Stage.set>[0] = {}) {
	const { registry } = await Stage.set(own);
	const attribution = anAttribution();
	const asker = { agree: async () => true };
	return {
		registry,
		carry: (operation: OperatorOperation, by = attribution) =>
			carryOut(operation, { registry, attribution: by, asker }),
		undo: (requestKey: string) =>
			carryOut(undoRequest({ request: requestKey, caller: attribution }, { kinds: recordKinds, acts: [] }), {
				registry,
				attribution: anAttribution(),
				asker,
			}),
		names: async () => (await registry.read(listOperators)).map(({ name, role }) => `${name} ${role}`),
	};
}

describe("naming somebody", () => {
	it("the first one must be an admin, and is told as the first", async () => {
		const { carry, names } = await office();
		const error = await failure(() => carry(add("CORP\\ana", { role: "issuer" })));
		expect(error).toMatchObject({ kind: "conflict", code: "no-admin-left", data: { name: "CORP\\ana" } });
		expect(await carry(add("CORP\\ana"))).toMatchObject({ isFirst: true, changed: true, admins: ["CORP\\ana"] });
		expect(await carry(add("CORP\\ben", { role: "auditor" }))).toMatchObject({ isFirst: false });
		expect(await names()).toEqual(["CORP\\ana admin", "CORP\\ben auditor"]);
	});

	it("again is already so; what is not said stays as it is", async () => {
		const { carry } = await office();
		await carry(add("CORP\\ana", { mail: "ana@example.com", lang: "fr" }));
		expect(await carry(add("corp\\ANA"))).toMatchObject({
			changed: false,
			operator: { name: "CORP\\ana", mail: "ana@example.com", lang: "fr" },
		});
		expect(await carry(add("CORP\\ana", { mail: null }))).toMatchObject({
			changed: true,
			operator: { mail: null, lang: "fr" },
		});
	});

	it("one account has one role, however it is spelled where the environments say what is what", async () => {
		const domains = [{ name: "CORP", aliases: ["corp.example.com"] }];
		const { carry, names } = await office({ domain: "CORP", domains });
		await carry(add("CORP\\ana"));
		await carry(add("ben"));
		expect(await carry(add("ana@corp.example.com"))).toMatchObject({ changed: false });
		expect(await carry(add("CORP\\ben", { role: "issuer" }))).toMatchObject({ operator: { name: "ben" } });
		expect(await names()).toEqual(["CORP\\ana admin", "ben issuer"]);
	});

	it("a SID counts before a name; an account that was made anew is somebody else", async () => {
		const { carry, names } = await office();
		await carry(add("CORP\\ana", { sid: "S-1-5-21-1-2-3-1104" }));
		await carry(add("CORP\\ana.smith", { sid: "S-1-5-21-1-2-3-1104", role: "admin" }));
		expect(await names()).toEqual(["CORP\\ana admin"]);
		const renewed = await carry(add("CORP\\ana", { sid: "S-1-5-21-1-2-3-2000" }));
		expect(renewed).toMatchObject({ changed: true, operator: { sid: "S-1-5-21-1-2-3-2000" } });
	});

	it("a user and a group of one name are two", async () => {
		const { carry, names } = await office();
		await carry(add("ana", { kind: "user" }));
		await carry(add("ana", { kind: "group", role: "auditor" }));
		expect(await names()).toEqual(["ana auditor", "ana admin"]);
		await carry(removeOperator({ name: "ana", kind: "group", sid: null, yourRole }));
		expect(await names()).toEqual(["ana admin"]);
	});

	it.each(["", "CORP\\", "a\u202Eb", "a\nb", "CORP\\a'; DROP TABLE operators; --*", "42"])(
		"%j is nobody",
		async (text) => {
			expect(await failure(() => parseOperatorName(text))).toMatchObject({ kind: "usage", code: "bad-user" });
		},
	);

	it.each(["$(id)", "-x", "Robert') OR 1 --", "ünï", "%s%n", "a".repeat(200)])(
		"%j is a name like any other",
		async (name) => {
			const { carry, names } = await office();
			await carry(add(parseOperatorName(name)));
			expect(await names()).toEqual([`${name} admin`]);
		},
	);

	it.each(["ana@x\r\nRCPT TO:<evil@x>", "a@x.y, b@x.y", "Ana <a@x.y>", "a@x", ""])(
		"%j is not one mailbox",
		async (text) => {
			expect(await failure(() => parseMailbox(text))).toMatchObject({ kind: "usage", code: "bad-mailbox" });
		},
	);
});

describe("taking a role away", () => {
	it("nobody is removed who is not there, and not the last admin", async () => {
		const { carry, names } = await office();
		expect(await failure(() => carry(remove("CORP\\ana")))).toMatchObject({ code: "no-such-operator" });
		await carry(add("CORP\\ana"));
		await carry(add("CORP\\ben", { role: "issuer" }));
		for (const operation of [remove("CORP\\ana"), add("CORP\\ana", { role: "issuer" })])
			expect(await failure(() => carry(operation))).toMatchObject({
				code: "no-admin-left",
				data: { name: "CORP\\ana" },
			});
		expect(await carry(remove("CORP\\ben"))).toMatchObject({ operator: { role: "issuer" }, admins: ["CORP\\ana"] });
		expect(await names()).toEqual(["CORP\\ana admin"]);
	});

	it("who could be several is asked back", async () => {
		const { carry } = await office();
		await carry(add("CORP\\ana"));
		await carry(add("LAB\\ana"));
		const error = await failure(() => carry(remove("ana")));
		expect(error).toMatchObject({ kind: "conflict", code: "ambiguous-operator" });
		expect(error.data.among).toHaveLength(2);
	});

	it("is undone, but never so that no admin is left", async () => {
		const { carry, undo, names } = await office();
		const first = anAttribution();
		await carry(add("CORP\\ana"), first);
		expect(await failure(() => undo(first.requestKey))).toMatchObject({ code: "no-admin-left" });
		await carry(add("CORP\\ben"));
		const removal = anAttribution();
		await carry(remove("CORP\\ben"), removal);
		await undo(removal.requestKey);
		expect(await names()).toEqual(["CORP\\ana admin", "CORP\\ben admin"]);
	});
});
