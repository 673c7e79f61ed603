import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { PortRange } from "./network.js";

/** The highest port there is. */
const highestPort = 65_535;

/** Reads a port. @throws CfmError usage `bad-port` */
export function parsePort(text: string): number {
	const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
	if (port >= 1 && port <= highestPort) return port;
	throw new CfmError("usage", "bad-port", t`Not a port: ${JSON.stringify(text.slice(0, 40))}.`, {
		hints: [t`A port is a whole number from 1 to ${highestPort}; a range is written 24250-24400.`],
	});
}

/** Reads `24250-24400`, or one port. @throws CfmError usage `bad-port` */
export function parsePortRange(text: string): PortRange {
	const [from = "", to = from, ...more] = text.split("-");
	const range = { first: parsePort(from), last: parsePort(to) };
	if (more.length === 0 && range.first <= range.last) return range;
	throw new CfmError("usage", "bad-port", t`Not a range of ports: ${JSON.stringify(text.slice(0, 40))}.`, {
		hints: [t`Write the lower port first: 24250-24400`],
	});
}
