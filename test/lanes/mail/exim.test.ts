import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeFolder } from "../../folders.js";
import { makeScene, type Scene } from "../../shape/scene.js";
import { startExim } from "./exim.js";
import { makeCertificate } from "./smtp.js";

const folder = makeFolder("exim");
const certificate = makeCertificate(folder);
let server: Awaited<ReturnType<typeof startExim>>;
let scene: Scene;
let now = "2026-05-01T12:00:00.000Z";
beforeAll(async () => {
	server = await startExim(folder);
	scene = makeScene(() => ({ now: () => new Date(now) }));
	writeFileSync(join(scene.work, "password"), "right\n", { mode: 0o600 });
	writeFileSync(join(scene.work, "authority.pem"), certificate.cert, { mode: 0o600 });
});
afterAll(async () => {
	scene.remove();
	await server.close();
});

it("reaches a real server by STARTTLS with a login, and comes again when it is greylisted", async () => {
	for (const words of [
		["init", "--yes"],
		["certs", "register", join(scene.work, "ana.pem"), "--alias", "Seal"],
		["certs", "access", "grant", "Seal", "--granted", "2026-01-15"],
	])
		expect(await scene.run(words)).toMatchObject({ code: 0 });
	const variables = {
		...{ ...scene.environment, CFM_NOTIFY_FROM: "cfm@example.com", CFM_NOTIFY_ISSUERS: "issuers@example.com" },
		...{ CFM_NOTIFY_SERVER: server.address, CFM_NOTIFY_LOGIN: "cfm", CFM_NOTIFY_ZONE: "UTC" },
		CFM_NOTIFY_PASSWORD_FILE: join(scene.work, "password"),
		CFM_NOTIFY_CA_FILE: join(scene.work, "authority.pem"),
	};
	const run = async () => JSON.parse((await scene.run(["notify", "run", "--json"], { variables })).out);
	const first = await run();
	expect(first.result.notices).toEqual([
		expect.objectContaining({ outcome: "failed", failure: expect.stringMatching(/451.*greylisted/) }),
	]);
	now = "2026-05-01T12:01:00.000Z";
	const second = await run();
	expect(second.result).toMatchObject({ sent: 1, failed: 0 });
	const mail = await server.mail();
	expect(mail).toContain(`Message-ID: <${first.result.notices[0].messageId}>`);
	expect(second.result.notices[0].messageId).toBe(first.result.notices[0].messageId);
	expect(mail).toMatch(/^Received: .*with esmtpsa/ims);
	expect((await run()).result).toMatchObject({ total: 0 });
	expect(server.count()).toBe(1);
	const wrong = { ...variables, CFM_NOTIFY_PASSWORD_FILE: join(scene.work, "wrong") };
	writeFileSync(wrong.CFM_NOTIFY_PASSWORD_FILE, "other\n", { mode: 0o600 });
	const refused = await scene.run(["notify", "test", "--to", "ana@example.com"], { variables: wrong });
	expect(refused).toMatchObject({ code: 7, err: expect.stringContaining("did not accept the login") });
	expect(refused.err + refused.out).not.toMatch(/other|b3RoZXI/);
});
