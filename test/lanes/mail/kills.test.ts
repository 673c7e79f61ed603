import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { sqliteRegistries } from "../../../src/lib/adapters/registry-sqlite/provider.js";
import { certificates } from "../../../src/lib/registered/certificate.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import { randomFrom } from "../../checks/harness.mjs";
import { aCertificate } from "../../contract/kind-samples.js";
import { make } from "../../contract/store.js";
import { makeFolder } from "../../folders.js";
import { until } from "../../until.js";
import { makeCertificate, startSmtp } from "./smtp.js";

const folder = makeFolder("mail-kills");
const certificate = makeCertificate(folder);
const program = join(process.cwd(), ".cache/mail/teller.mjs");
const seed = Number(process.env.CFM_SEED ?? 20_261_130);
/** The lane kills a tenth as often as `npm run check:mail`. */
const kills = process.env.CFM_KILLS === "all" ? 200 : 20;
const items = kills * 15;
/** As with every limit here: for what hangs, and no measure of speed. */
const outerLimit = kills * 12_500;

beforeAll(() =>
	build({
		...{ entryPoints: [join(import.meta.dirname, "teller.ts")], outfile: program, bundle: true, platform: "node" },
		...{ format: "esm", target: "node22", packages: "external", logLevel: "warning" },
	}),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`loses nothing, and sends nothing under two names, through ${kills} kills of two processes`, async () => {
	const file = join(folder, "registry.db");
	await sqliteRegistries.create(file, { adopt: false });
	const registry = await openSqliteRegistry(file, { readonly: false });
	const from = Date.parse("2026-05-01T12:00:00.000Z");
	await make(
		registry,
		Array.from({ length: items }, (_, at) =>
			recordChange(
				certificates,
				"certificate.register",
				null,
				// Some have several: their notices are in one mail.
				aCertificate({
					number: at + 1,
					alias: `c${at}`,
					owner: `CORP\\u${at % (items / 2)}`,
					notAfter: "2026-04-30T00:00:00.000Z",
				}),
			),
		),
	);
	const random = randomFrom(seed);
	// One mail of twenty is taken and not acknowledged.
	const server = await startSmtp(certificate, { drop: () => random.below(20) === 0 });
	const task = JSON.stringify({ file, port: Number(server.address.split(":")[1]), since: Date.now(), from });
	const tellers: ChildProcess[] = [];
	const start = (at: number) => {
		const child = spawn(process.execPath, [program, task], { stdio: ["ignore", "ignore", "inherit"] });
		tellers[at] = child;
		return child;
	};
	start(0);
	start(1);
	try {
		// Each kill comes after some more mails, at whatever moment that is.
		for (let kill = 0; kill < kills; kill += 1) {
			const goal = Math.min(server.got.length + 1 + random.below(8), items / 2);
			await until(`mail ${goal}`, () => server.got.length >= goal);
			const at = random.below(2);
			const killed = tellers[at];
			if (killed === undefined) throw new Error("nobody to kill");
			const ended = once(killed, "exit");
			killed.kill("SIGKILL");
			await ended;
			start(at);
		}
		const unsent = () => registry.read((view) => view.outbox.claims({ unsent: true }));
		const kept = () => registry.read((view) => view.outbox.claims({}));
		await until(
			"all is sent",
			async () => (await kept()).length === items && (await unsent()).length === 0,
			outerLimit,
		);
	} finally {
		for (const child of tellers) child.kill("SIGKILL");
	}
	/** By recipient, under which names their mails came. */
	const names = new Map<string, Set<string>>();
	for (const { to, messageId } of server.got)
		for (const one of to) names.set(one, (names.get(one) ?? new Set()).add(messageId));
	const claims = await registry.read((view) => view.outbox.claims({}));
	expect(new Set(claims.map(({ item }) => item)).size, `seed ${seed}`).toBe(items);
	const lost = claims.filter(({ recipient, mail }) => !names.get(recipient.slice("mail:".length))?.has(mail ?? ""));
	expect(lost, `seed ${seed}`).toEqual([]);
	// All that a recipient is told was due at once: it is one mail, however often it came.
	expect(
		[...names].filter(([, all]) => all.size !== 1),
		`seed ${seed}`,
	).toEqual([]);
	await registry.close();
	await server.close();
});
