// V8's cached code of all bundles in one file, as `bin/run.cjs` reads it: each file more costs a start, and is one more for a
// virus scanner.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where `scripts/warm.mjs` puts the code of each file until it is joined. */
export const partsFolder = (dist) => join(dist, "cache", "parts");

/**
 * Joins what was put there: four bytes with the length of the list, the list as JSON (name: offset and length), the code.
 *
 * @param {string} dist
 * @param {string} runtime the Node that wrote it: `v24.21.0-linux-x64`
 */
export function joinCache(dist, runtime) {
	const names = readdirSync(partsFolder(dist)).sort();
	if (names.length === 0) throw new Error("no cached code was written");
	const parts = names.map((name) => readFileSync(join(partsFolder(dist), name)));
	const places = (start) => {
		let at = start;
		return Object.fromEntries(
			names.map((name, index) => {
				const place = [at, parts[index].length];
				at += parts[index].length;
				return [name, place];
			}),
		);
	};
	// Offsets have a fixed number of digits only when they are padded: the list is made twice, the second time with room.
	const room = Buffer.byteLength(JSON.stringify(places(0))) + 16 * names.length;
	const list = Buffer.alloc(room, " ");
	list.write(JSON.stringify(places(4 + room)));
	const length = Buffer.alloc(4);
	length.writeUInt32LE(room);
	writeFileSync(join(dist, "cache", `${runtime}.bin`), Buffer.concat([length, list, ...parts]));
	rmSync(partsFolder(dist), { recursive: true });
}
