import { beforeEach, expect, it } from "vitest";
import * as letters from "../../src/letters.js";
import { activations } from "../../src/lib/activation/activation.js";
import { listNotices } from "../../src/lib/notice/list.js";
import { type Book, withOperators } from "../../src/lib/notice/recipients.js";
import { type NoticeRun, type Outgoing, planRun, runNotices } from "../../src/lib/notice/run.js";
import { silenceItem } from "../../src/lib/notice/silence-item.js";
import { carryOut } from "../../src/lib/operation/carry-out.js";
import { type Operator, operators } from "../../src/lib/operator/operator.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import { accesses } from "../../src/lib/registered/access.js";
import { certificates } from "../../src/lib/registered/certificate.js";
import { recordChange } from "../../src/lib/registry/kind.js";
import type { Claim, TakeMail } from "../../src/lib/registry/outbox.js";
import type { Change, Registry } from "../../src/lib/registry/registry.js";
import { services } from "../../src/lib/service/service.js";
import { aCertificate, anAccess, anActivation, anOperator, aService } from "./kind-samples.js";
import {
	anAttribution,
	anEnvironment,
	aRest,
	environmentChange,
	everything,
	idChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

const recipient = "mail:ana@example.com";

const aClaim = (own: Partial<Claim> = {}): Claim => ({
	...{ item: "access/1/1", stage: "over", recipient, occasion: "", day: "2026-03-01", at: "2026-03-01T08:00:00.000Z" },
	...{ urgent: false, facts: { name: 'Siegel "é" 𝄞' }, ...own },
});

const asked = (at: string, own: Partial<TakeMail> = {}): TakeMail => ({
	...{ recipient, urgentOnly: false, holder: `holder ${at}`, now: `2026-03-01T${at}:00.000Z` },
	...{ until: `2026-03-01T${at}:30.000Z`, latest: "2026-03-02T00:00:00.000Z", messageId: `${at}@example.com`, ...own },
});

/** Who is told what, and in how many mails: claims and leases, and the runs that make them. */
export function outboxContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	beforeEach(() => make(registry(), [environmentChange(null, anEnvironment())]));

	it("keeps a claim once, and an item once a day for each recipient", async () => {
		const before = await everything(registry());
		const other = await store().another();
		const { outbox } = registry();
		expect(await outbox.claim([aClaim(), aClaim({ recipient: "file" })])).toBe(2);
		expect(await other.outbox.claim([aClaim(), aClaim({ day: "2026-03-02" })])).toBe(0);
		expect(await other.outbox.claim([aClaim({ stage: "daily", occasion: "2026-03-01" })])).toBe(0);
		expect(await outbox.claim([aClaim({ stage: "daily", occasion: "2026-03-02", day: "2026-03-02" })])).toBe(1);
		const kept = await registry().read((view) => view.outbox.claims({ items: ["access/1/1", "access/9/9"] }));
		expect(kept).toHaveLength(3);
		expect(kept.find((one) => one.recipient === "file")).toEqual({
			...aClaim({ recipient: "file" }),
			...{ mail: null, sent: null, tries: 0, failure: null },
		});
		expect(await registry().read((view) => view.outbox.claims({ items: ["access/9/9"] }))).toEqual([]);
		expect(await everything(registry())).toEqual(before);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
		await other.close();
	});

	it("gives a recipient's claims to one mail, whose name is that of every later try", async () => {
		const other = await store().another();
		const { outbox } = registry();
		await outbox.claim([aClaim(), aClaim({ item: "access/2/1" }), aClaim({ item: "access/3/1", recipient: "file" })]);
		const first = await outbox.take(asked("08:00"));
		expect(first).toMatchObject({
			messageId: "08:00@example.com",
			recipient,
			tries: 1,
			made: "2026-03-01T08:00:00.000Z",
		});
		expect(first?.claims).toEqual([aClaim(), aClaim({ item: "access/2/1" })]);
		// Somebody else holds it, until the lease is over.
		expect(await other.outbox.take(asked("08:00"))).toBeUndefined();
		await outbox.claim([aClaim({ item: "access/4/1" })]);
		const second = await other.outbox.take(asked("08:01"));
		expect(second).toEqual({ ...first, tries: 2 });
		const outcome = { messageId: "08:00@example.com", failure: null, until: "2026-03-01T08:02:00.000Z" };
		const sent = "2026-03-01T08:01:30.000Z";
		expect(await outbox.settle({ ...outcome, holder: "holder 08:00", sent })).toBe(false);
		expect(await other.outbox.settle({ ...outcome, holder: "holder 08:01", sent })).toBe(true);
		const third = await outbox.take(asked("08:02"));
		expect(third).toMatchObject({ messageId: "08:02@example.com", claims: [{ item: "access/4/1" }] });
		expect(await outbox.take(asked("08:02"))).toBeUndefined();
		await other.close();
	});

	it("waits after a failure, and believes no lease of a clock that was ahead", async () => {
		const { outbox } = registry();
		await outbox.claim([aClaim()]);
		const [now, latest] = ["2026-03-01T08:05:00.000Z", "2026-03-01T10:00:00.000Z"];
		const waiting = (at: string) =>
			registry().read((view) => view.outbox.waiting({ now: at, latest, urgentOnly: false }));
		expect(await waiting(now)).toEqual([recipient]);
		await outbox.take(asked("08:00"));
		const failed = { messageId: "08:00@example.com", holder: "holder 08:00", sent: null, failure: "refused" };
		await outbox.settle({ ...failed, until: "2026-03-01T08:30:00.000Z" });
		expect(await waiting(now)).toEqual([]);
		expect(await waiting("2026-03-01T08:30:00.000Z")).toEqual([recipient]);
		const [claim] = await registry().read((view) => view.outbox.claims({ unsent: true }));
		expect(claim).toMatchObject({ tries: 1, failure: "refused", sent: null, mail: "08:00@example.com" });
		const ahead = asked("08:30", { until: "2027-03-01T08:00:00.000Z" });
		expect(await outbox.take(ahead)).toMatchObject({ tries: 2 });
		expect(await waiting(now)).toEqual([recipient]);
	});

	it("lets what is urgent go by itself", async () => {
		const { outbox } = registry();
		await outbox.claim([aClaim(), aClaim({ item: "service/portal/1", urgent: true })]);
		const mail = await outbox.take(asked("03:00", { urgentOnly: true }));
		expect(mail?.claims.map(({ item }) => item)).toEqual(["service/portal/1"]);
		expect(await outbox.take(asked("03:01", { urgentOnly: true }))).toMatchObject({ tries: 2 });
		expect(await outbox.take(asked("07:00"))).toMatchObject({ tries: 3 });
		const all = await registry().read((view) => view.outbox.claims({}));
		expect(all.filter(({ mail: name }) => name === null)).toHaveLength(1);
	});

	it("keeps when each machine did its round", async () => {
		await registry().outbox.ran({ job: "notify", machine: "TS01", at: "2026-03-01T08:00:00.000Z" });
		await registry().outbox.ran({ job: "notify", machine: "ts01", at: "2026-03-01T09:00:00.000Z" });
		await registry().outbox.ran({ job: "audit", machine: "TS01", at: "2026-03-01T09:00:00.000Z" });
		expect(await registry().read((view) => view.outbox.runs())).toEqual([
			expect.objectContaining({ job: "audit", machine: "TS01" }),
			expect.objectContaining({ job: "notify", at: "2026-03-01T09:00:00.000Z" }),
		]);
	});

	const issuers: Book = {
		...{
			issuers: ["issuers@example.com"],
			escalation: [{ urgency: "over", address: "boss@example.com" }],
			channels: [],
		},
		...{ languageOf: () => undefined, language: "en" },
		addressOf: (user) => (user === "CORP\\ana" ? "ana@example.com" : undefined),
	};

	/** A machine that tells people at an instant. */
	async function tell(
		at: string,
		{
			on = registry(),
			book = issuers,
			failing = () => false,
			dry = false,
		}: {
			on?: Registry;
			book?: Book;
			failing?: (outgoing: Outgoing) => boolean;
			dry?: boolean;
		} = {},
	): Promise<NoticeRun & { mails: Outgoing[] }> {
		const mails: Outgoing[] = [];
		const tools = {
			...{ book, hours: { zone: "America/Toronto", hour: 7 }, now: () => new Date(at), machine: "TS01" },
			newMessageId: () => `${crypto.randomUUID()}@example.com`,
			letters: async () => letters,
			async deliver(outgoing: Outgoing) {
				mails.push(outgoing);
				return failing(outgoing) ? "450 later" : undefined;
			},
		};
		return { ...(dry ? await planRun(on, tools) : await runNotices(on, tools)), mails };
	}

	const told = ({ notices }: NoticeRun) => notices.map((one) => `${one.recipient} ${one.item} ${one.stage}`).toSorted();
	const add = (...changes: Change[]) => make(registry(), changes);
	const aGrant = (own: Parameters<typeof anAccess>[0] = {}) =>
		recordChange(accesses, own.generation === undefined ? "access.grant" : "access.renew", null, anAccess(own));
	const register = recordChange(certificates, "certificate.register", null, aCertificate());

	it("tells of several thresholds that were passed the worst, once, by ≤, and of expiry once", async () => {
		// Safe until 2026-03-16T05:00Z.
		await add(recordChange(activations, "activation.add", null, anActivation()));
		expect(told(await tell("2026-03-13T04:59:59.999Z", { dry: true }))).toEqual([]);
		expect(told(await tell("2026-03-13T05:00:00.000Z", { dry: true }))).toEqual([
			"mail:ana@example.com codes/default/1/0 3d",
		]);
		expect(told(await tell("2026-03-15T12:00:00.000Z"))).toEqual(["mail:ana@example.com codes/default/1/0 1d"]);
		expect(told(await tell("2026-03-15T13:00:00.000Z"))).toEqual([]);
		// A clock that goes back tells nothing again.
		expect(told(await tell("2026-03-14T12:00:00.000Z"))).toEqual([]);
		expect(told(await tell("2026-03-19T12:00:00.000Z"))).toEqual([
			"mail:ana@example.com codes/default/1/0 expired",
			"mail:boss@example.com codes/default/1/0 expired",
		]);
		expect(told(await tell("2026-03-20T12:00:00.000Z"))).toEqual([]);
	});

	it("tells of access each day from a week before, and a new grant silences the old", async () => {
		// Expires 2026-04-30T05:00Z.
		await add(register, aGrant());
		const one = "mail:issuers@example.com access/1/1 daily";
		expect(told(await tell("2026-04-22T12:00:00.000Z"))).toEqual([]);
		expect(told(await tell("2026-04-24T12:00:00.000Z"))).toEqual([one]);
		expect(told(await tell("2026-04-24T22:00:00.000Z"))).toEqual([]);
		expect(told(await tell("2026-04-25T12:00:00.000Z"))).toEqual([one]);
		await add(aGrant({ generation: 2, expiresAt: "2026-06-20T05:00:00.000Z" }));
		expect(told(await tell("2026-04-26T12:00:00.000Z"))).toEqual([]);
		expect(told(await tell("2026-05-02T12:00:00.000Z"))).toEqual([]);
		expect(told(await tell("2026-06-20T12:00:00.000Z"))).toEqual([
			"mail:boss@example.com access/1/2 over",
			"mail:issuers@example.com access/1/2 over",
		]);
		expect(told(await tell("2026-06-21T12:00:00.000Z"))).toEqual([]);
	});

	it("tells at 90 % of an allowance, of certificates, and of quarantines that end, in one mail", async () => {
		const soon = aCertificate({ number: 2, alias: "Other", owner: null, notAfter: "2026-03-20T00:00:00.000Z" });
		await add(
			...[register, aGrant({ allowance: 1000, used: 900 })],
			recordChange(certificates, "certificate.register", null, soon),
			idChange(null, aRest(3, "2026-03-10T00:00:00.000Z")),
		);
		const ran = await tell("2026-03-12T12:00:00.000Z");
		expect(told(ran)).toEqual([
			"mail:issuers@example.com allowance/1/1 daily",
			"mail:issuers@example.com certificate/2/2026-03-20T00:00:00.000Z 14d",
			"mail:issuers@example.com quarantine/default/3/2026-03-10T00:00:00.000Z over",
		]);
		expect(ran.mails).toHaveLength(1);
		expect(ran.mails[0]?.sentences.join()).toContain("900 of 1000 signatures");
	});

	it("tells at once of a service that is suspended, by an operator or since access ran out", async () => {
		const [march, april] = ["2026-04-01T05:00:00.000Z", "2026-04-30T05:00:00.000Z"];
		const byOperator = { status: "suspended", cause: "operator", suspendedAt: march } as const;
		await add(
			...[register, aGrant()],
			recordChange(services, "service.add", null, aService()),
			recordChange(services, "service.add", null, aService({ number: 2, name: "Payroll", ...byOperator })),
		);
		const both = (item: string) => ["boss", "issuers"].map((who) => `mail:${who}@example.com ${item} suspended`);
		expect(told(await tell("2026-04-01T06:00:00.000Z"))).toEqual(both(`service/2/operator/${march}`));
		// 01:00 in Toronto.
		expect(told(await tell(april))).toEqual(both(`service/1/access-expired/${april}`));
		expect(told(await tell("2026-04-30T06:00:00.000Z"))).toEqual([]);
	});

	it("waits for the recipient's hour, in their zone", async () => {
		await add(register, aGrant());
		// 06:59 and 07:00 in Toronto, whose clocks are four hours behind then.
		expect(told(await tell("2026-05-01T10:59:00.000Z"))).toEqual([]);
		expect(told(await tell("2026-05-01T10:59:00.000Z", { dry: true }))).toHaveLength(2);
		expect(told(await tell("2026-05-01T11:00:00.000Z"))).toHaveLength(2);
	});

	it("loses nothing when a server fails, keeps the name, and lets nobody else wait", async () => {
		await add(register, aGrant());
		const failing = ({ recipient: to }: Outgoing) => to.includes("boss");
		const first = await tell("2026-05-01T12:00:00.000Z", { failing });
		expect(first).toMatchObject({ sent: 1, failed: 1, total: 2 });
		expect((await tell("2026-05-01T12:00:59.000Z")).mails).toEqual([]);
		const again = await tell("2026-05-01T12:01:00.000Z");
		expect(again).toMatchObject({ sent: 1, failed: 0 });
		const name = first.mails.find(failing)?.messageId;
		expect(again.mails.map(({ messageId, recipient: to }) => [messageId, to])).toEqual([
			[name, "mail:boss@example.com"],
		]);
		expect(again.mails[0]?.text).toBe(first.mails.find(failing)?.text);
	});

	it("gives an address one mail, however often and in whatever case it is named", async () => {
		await add(recordChange(activations, "activation.add", null, anActivation()));
		const escalation = [
			{ urgency: "near" as const, address: "ANA@example.com" },
			{ urgency: "over" as const, address: "Ana@Example.com" },
		];
		const ran = await tell("2026-03-19T12:00:00.000Z", { book: { ...issuers, escalation } });
		expect(told(ran)).toEqual(["mail:ana@example.com codes/default/1/0 expired"]);
	});

	it("tells operators who may do something about it, each in their language", async () => {
		const named = (name: string, role: Operator["role"], own: Partial<Operator> = {}) =>
			recordChange(operators, "operator.add", null, anOperator({ name, role, sid: null, ...own }));
		await add(
			...[register, aGrant()],
			named("CORP\\admin", "admin", { mail: "ISSUERS@example.com", lang: "fr-CA" }),
			named("CORP\\ina", "issuer", { mail: "ina@example.com", lang: null }),
			named("CORP\\otto", "operator", { mail: "otto@example.com" }),
			named("CORP\\ivo", "issuer", { mail: null }),
		);
		const ran = await tell("2026-05-01T12:00:00.000Z", { failing: () => true });
		expect(told(ran)).toEqual(["boss", "ina", "issuers"].map((who) => `mail:${who}@example.com access/1/1 over`));
		const book = await registry().read((view) => withOperators(view, issuers));
		expect(book.languageOf("Issuers@example.com")).toBe("fr-CA");
		expect(book.languageOf("ina@example.com")).toBeUndefined();
	});

	it("says of whom nobody is known", async () => {
		await add(register, aGrant());
		const nobody: Book = { ...issuers, issuers: [], escalation: [], addressOf: () => undefined };
		expect(await tell("2026-05-01T12:00:00.000Z", { book: nobody })).toMatchObject({
			total: 0,
			untold: ["access/1/1"],
		});
		expect(told(await tell("2026-05-01T12:00:00.000Z", { book: { ...nobody, channels: ["file"] } }))).toEqual([
			"file access/1/1 over",
		]);
	});

	it("tells nothing of what was silenced, until its time or for good", async () => {
		await add(register, aGrant());
		const hush = (item: string, until: string | null, at: string) =>
			carryOut(silenceItem({ item, until, note: undefined, now: new Date(at) }), {
				...{ registry: registry(), attribution: anAttribution(), dryRun: false },
				asker: { agree: async () => true },
			});
		await hush("access/1/1", "2026-04-26T04:00:00.000Z", "2026-04-24T12:00:00.000Z");
		expect(told(await tell("2026-04-25T12:00:00.000Z"))).toEqual([]);
		expect(told(await tell("2026-04-26T12:00:00.000Z"))).toHaveLength(1);
		expect(await hush("access/1/1", null, "2026-04-26T13:00:00.000Z")).toMatchObject({ changed: true });
		expect(await hush("access/1/1", null, "2026-04-26T13:00:00.000Z")).toMatchObject({ changed: false });
		expect(told(await tell("2026-05-01T12:00:00.000Z"))).toEqual([]);
		await expect(hush("access/7/7", null, "2026-04-26T13:00:00.000Z")).rejects.toMatchObject({
			code: "no-such-notice",
		});
		await expect(hush("access/1/1", "2026-04-26T04:00:00.000Z", "2026-04-26T13:00:00.000Z")).rejects.toMatchObject({
			code: "bad-date",
		});
		const now = new Date("2026-05-01T12:00:00.000Z");
		const list = { unsent: false, since: "2026-01-01T00:00:00.000Z", now };
		expect(await registry().read((view) => listNotices(view, list))).toMatchObject({
			total: 1,
			notices: [{ item: "access/1/1", state: "sent", tries: 1, silenced: true, name: "Seal" }],
		});
	});
}
