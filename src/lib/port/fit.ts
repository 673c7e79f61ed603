/** What one running client shows: the ID it was installed with, and the ports it listens on. */
export interface Evidence {
	id: number;
	ports: readonly number[];
}

/** port = base + stride × ID */
export interface PortRule {
	base: number;
	stride: number;
}

/**
 * What the evidence says: one rule that every client bears out, too few clients with different IDs, several rules that
 * all bear out, or none. The several are told: where every client listens on two ports, no further client
 * decides between them, and a person must. Of a contradiction the rule that most clients bear out is told, when one
 * stands out; it is never believed.
 */
export type Fit =
	| { outcome: "fits"; rule: PortRule }
	| { outcome: "too-few"; rule: undefined }
	| { outcome: "ambiguous"; rule: undefined; tied: PortRule[] }
	| { outcome: "contradiction"; rule: PortRule | undefined };

/** The fewest clients with different IDs that make a line. */
const least = 2;

/** Whether a client bears a rule out: one of its ports is the one that the rule says. */
export function bearsOut({ id, ports }: Evidence, { base, stride }: PortRule): boolean {
	return ports.includes(base + stride * id);
}

/**
 * Finds the port rule behind what clients show. Every two clients with different IDs propose the lines through their
 * ports; a line that is a rule has whole numbers, and different ports for different IDs.
 */
export function fitPortRule(evidence: readonly Evidence[]): Fit {
	const portsOfIds = sharedPorts(evidence);
	if (portsOfIds.size < least) {
		// One ID cannot have two ports: that is no lack of clients, and more of them would not mend it.
		const isTorn = [...portsOfIds.values()].some((ports) => ports.length === 0);
		return { outcome: isTorn ? "contradiction" : "too-few", rule: undefined };
	}
	const support = new Map<string, { rule: PortRule; clients: number }>();
	for (const [at, one] of evidence.entries()) {
		for (const other of evidence.slice(at + 1)) {
			for (const rule of linesThrough(one, other)) {
				const key = `${rule.base} ${rule.stride}`;
				if (support.has(key)) continue;
				support.set(key, { rule, clients: evidence.filter((client) => bearsOut(client, rule)).length });
			}
		}
	}
	const ranked = [...support.values()].sort((a, b) => b.clients - a.clients);
	const [best, second] = ranked;
	const standsOut = best !== undefined && best.clients > (second?.clients ?? 0);
	if (best?.clients !== evidence.length) return { outcome: "contradiction", rule: standsOut ? best?.rule : undefined };
	if (standsOut) return { outcome: "fits", rule: best.rule };
	const tied = ranked.filter(({ clients }) => clients === best.clients).map(({ rule }) => rule);
	return { outcome: "ambiguous", rule: undefined, tied: tied.sort(byStride) };
}

/** Small strides first: a line across the ports of two services is steep. */
function byStride(a: PortRule, b: PortRule): number {
	return a.stride - b.stride || a.base - b.base;
}

/** The ports that all clients of an ID listen on, for each ID. */
function sharedPorts(evidence: readonly Evidence[]): Map<number, readonly number[]> {
	const shared = new Map<number, readonly number[]>();
	for (const { id, ports } of evidence) {
		shared.set(id, shared.get(id)?.filter((port) => ports.includes(port)) ?? ports);
	}
	return shared;
}

function linesThrough(one: Evidence, other: Evidence): PortRule[] {
	if (one.id === other.id) return [];
	return one.ports.flatMap((port) =>
		other.ports.flatMap((otherPort) => {
			const stride = (otherPort - port) / (other.id - one.id);
			const base = port - stride * one.id;
			return Number.isInteger(stride) && stride > 0 && base >= 0 ? [{ base, stride }] : [];
		}),
	);
}
