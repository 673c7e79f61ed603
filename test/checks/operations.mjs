/**
 * What a worker does, as a pure function of a number: so the parent knows what was under way when it killed one, and
 * the next worker can ask for it again under the same request key.
 *
 * @typedef {object} Operation
 * @property {"allocate" | "release"} kind
 * @property {string} user
 * @property {string} key
 */

/**
 * @param {string} name the worker's
 * @param {number} number counted from 0
 * @param {number} live how many users keep their ID; from then on the one who has it longest gives it back before a new
 *   one is served. 0: nobody gives it back
 * @returns {Operation}
 */
export function operation(name, number, live) {
	const key = `${name}-${number}`;
	const beyond = number - live;
	if (live === 0 || beyond < 0) return { kind: "allocate", user: `${name}.u${number}`, key };
	if (beyond % 2 === 0) return { kind: "release", user: `${name}.u${beyond / 2}`, key };
	return { kind: "allocate", user: `${name}.u${live + (beyond - 1) / 2}`, key };
}
