import { expect, it } from "vitest";

/** What a finding's check says: `fine` where there is nothing. */
type Told = string | undefined;

/**
 * The two tests that every finding has on real parts (Wine, browsers, real listeners, a real proxy, files, a clock that was put
 * forward): it is silent where all is well, and found where it is so. `test/shape/findings.test.ts` looks for a call for each
 * ID.
 *
 * @param one.make something in which all is well
 * @param one.provoke makes the finding true there
 * @param one.look what the check says
 * @param one.found what it says then, where that is not `found`
 */
export function bothWays<S>(
	id: string,
	one: {
		make(): S | Promise<S>;
		provoke(part: S): unknown;
		look(part: S, id: string): Told | Promise<Told>;
		found?: Told;
		silent?: Told;
	},
): void {
	it(`${id} is silent where all is well`, async () => {
		expect(await one.look(await one.make(), id)).toBe(one.silent ?? "fine");
	});

	it(`${id} is found where it is so`, async () => {
		const part = await one.make();
		await one.provoke(part);
		expect(await one.look(part, id)).toBe(one.found ?? "found");
	});
}
