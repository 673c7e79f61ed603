import { expect, it } from "vitest";
import * as letters from "../../src/letters.js";
import { dayLength } from "../../src/lib/calendar/day.js";
import type { Book } from "../../src/lib/notice/recipients.js";
import { type Outgoing, runNotices } from "../../src/lib/notice/run.js";
import { accesses } from "../../src/lib/registered/access.js";
import { certificates } from "../../src/lib/registered/certificate.js";
import { recordChange } from "../../src/lib/registry/kind.js";
import type { Registry } from "../../src/lib/registry/registry.js";
import fc from "../property.js";
import { aCertificate, anAccess } from "./kind-samples.js";
import { anEnvironment, environmentChange, make, type OpenStore } from "./store.js";

/** What went out: what each recipient was told, and under which name. */
interface Model {
	now: number;
	/** The certificate: each run has its own, for what was told once stays told. */
	number: number;
	generation: number;
	/** `recipient item stage occasion` to its Message-ID. */
	names: Map<string, string>;
	/** `recipient item day` to its stage. */
	days: Map<string, string>;
}

const hours = { zone: "America/Toronto", hour: 7 };
const book: Book = {
	...{ issuers: ["desk@example.com"], escalation: [{ urgency: "over", address: "boss@example.com" }] },
	...{ addressOf: () => undefined, channels: [], languageOf: () => undefined, language: "en" },
};

/** How a machine dies: before a mail goes, or behind it, with nobody told that it went. */
type Death = "before" | "behind";

class Real {
	private turn = 0;
	private names = 0;

	constructor(private readonly handles: readonly Registry[]) {}

	next(): Registry {
		this.turn += 1;
		return this.handles[this.turn % this.handles.length] as Registry;
	}

	/** A machine that tells people at an instant, and may die at its first mail. */
	async tell(model: Model, death?: Death | "fails"): Promise<void> {
		const deliver = async (outgoing: Outgoing) => {
			if (death === "before") throw new Error("killed");
			note(model, outgoing);
			if (death === "behind") throw new Error("killed");
			return death === "fails" ? "450 later" : undefined;
		};
		const newMessageId = () => `${++this.names}@example.com`;
		const own = { deliver, letters: async () => letters };
		const tools = { ...own, book, hours, now: () => new Date(model.now), machine: "TS01", newMessageId };
		await runNotices(this.next(), tools).catch((error: Error) => expect(error.message).toBe("killed"));
	}
}

/** Nothing goes under two names, and no item twice on one day of a recipient. */
function note({ names, days }: Model, { recipient, messageId, claims }: Outgoing): void {
	for (const { item, stage, occasion, day } of claims) {
		const told = `${recipient} ${item} ${stage} ${occasion}`;
		expect(names.get(told) ?? messageId, told).toBe(messageId);
		names.set(told, messageId);
		const today = `${recipient} ${item} ${day}`;
		expect(days.get(today) ?? stage, today).toBe(stage);
		days.set(today, stage);
	}
}

type Command = fc.AsyncCommand<Model, Real>;

const command = (name: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
	check: () => true,
	run,
	toString: () => name,
});

const commands: fc.Arbitrary<Command>[] = [
	...([undefined, undefined, "before", "behind", "fails"] as const).map((death) =>
		fc.constant(command(`tell ${death ?? ""}`, (model, real) => real.tell(model, death))),
	),
	fc.constantFrom(60_000, -90_000, 900_000, 3_600_000, -3_600_000, dayLength, 3 * dayLength).map((by) =>
		command(`clock ${by}`, async (model) => {
			model.now += by;
		}),
	),
	fc.constant(
		command("renew", async (model, real) => {
			model.generation += 1;
			const expiresAt = new Date(model.now + 8 * dayLength).toISOString();
			const after = anAccess({ certificate: model.number, generation: model.generation, expiresAt });
			await make(real.next(), [recordChange(accesses, "access.renew", null, after)]);
		}),
	),
];

/** Whatever died when: at last everything that was claimed has gone, under the one name that it ever had. */
async function endsWell(model: Model, real: Real): Promise<void> {
	for (let round = 0; round < 3; round++) {
		// The next morning.
		model.now = Math.ceil(model.now / dayLength) * dayLength + 12 * 3_600_000;
		await real.tell(model);
	}
	const all = await real.next().read((view) => view.outbox.claims({}));
	const kept = all.filter(({ item }) => item.startsWith(`access/${model.number}/`));
	expect(kept.filter(({ sent }) => sent === null)).toEqual([]);
	for (const { recipient, item, stage, occasion, mail } of kept)
		expect(model.names.get(`${recipient} ${item} ${stage} ${occasion}`)).toBe(mail);
}

/** Two machines on one registry, which die at any mail, and clocks that go back and forth. */
export function noticesModelContract(open: OpenStore): void {
	it("lose nothing and tell nothing twice, whoever dies when and whatever clocks do", async () => {
		const store = await open();
		const real = new Real([store.registry, await store.another()]);
		let number = 0;
		try {
			await make(store.registry, [environmentChange(null, anEnvironment())]);
			await fc.assert(
				fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: "max" }), async (list) => {
					number += 1;
					const row = aCertificate({ number, alias: `Seal ${number}`, fingerprint: String(number).padStart(64, "0") });
					await make(store.registry, [
						recordChange(certificates, "certificate.register", null, row),
						recordChange(accesses, "access.grant", null, anAccess({ certificate: number })),
					]);
					const now = Date.parse("2026-04-23T12:00:00.000Z");
					const model: Model = { now, number, generation: 1, names: new Map(), days: new Map() };
					await fc.asyncModelRun(() => ({ model, real }), list);
					await endsWell(model, real);
					const retired = { ...row, status: "retired" as const };
					await make(store.registry, [recordChange(certificates, "certificate.retire", row, retired)]);
				}),
				{ numRuns: 20 },
			);
		} finally {
			await store.close();
		}
	});
}
