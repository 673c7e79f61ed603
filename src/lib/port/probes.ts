import type { ListedClient } from "../client/list.js";
import type { ClientProfile } from "../client/profile.js";
import { type Environment, portOf } from "../environment/environment.js";
import { couldNotTell, type Finding, found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { findingOf } from "../finding/verdict.js";
import { t } from "../text.js";
import { checkPort, type PortReason, type PortTarget, type SeenNetwork } from "./check.js";
import {
	commonPort,
	dynamicPort,
	excludedPort,
	foreignListener,
	ipv6Listener,
	missingListener,
	otherAddress,
	portReasons,
	portVerdicts,
	refusedBind,
	unexpectedListener,
} from "./findings.js";
import type { ListedPort } from "./list.js";
import type { NetworkPort } from "./network.js";

export interface PortSources {
	network: NetworkPort;
	/** What the network says, asked once. */
	seen: SeenNetwork;
	environment: Environment;
	profile: ClientProfile;
	clients: readonly ListedClient[];
	/** What listens on the ports of IDs, or should. */
	ports: readonly ListedPort[];
}

const owners: Probe<PortSources, "environment" | "ports"> = {
	name: "listeners",
	group: "port",
	kinds: [foreignListener, unexpectedListener, missingListener],
	needs: ["environment", "ports"],
	async *look({ environment, ports }) {
		for (const { verdict, ...row } of ports) {
			if (verdict === null) continue;
			const facts = { ...row, environment: environment.name };
			const why = t`not known: ${row.unknown.join(", ")}`;
			const finding = findingOf(portVerdicts[verdict], facts, why);
			if (finding !== undefined) yield finding;
		}
	},
};

/** What `owners` says of a listener is not said again. */
const usable: Probe<PortSources, "network" | "seen" | "environment" | "profile" | "clients"> = {
	name: "ports",
	group: "port",
	kinds: [commonPort, excludedPort, ipv6Listener, otherAddress, refusedBind, dynamicPort],
	needs: ["network", "seen", "environment", "profile", "clients"],
	async *look({ network, seen, environment, profile, clients }, signal) {
		for (const { user, allocatedId } of clients) {
			if (allocatedId === null || signal.aborted) continue;
			const target: PortTarget = {
				environment: environment.name,
				port: portOf(environment, allocatedId),
				id: allocatedId,
				expectedUser: user,
				nextId: null,
			};
			const { check } = await checkPort(target, environment, seen, network, profile);
			for (const reason of check.reasons) yield* ofReason(target, reason);
			if (!seen.excluded.known) yield couldNotTell(excludedPort, noRange(target), seen.excluded.why);
			if (!seen.dynamic.known) yield couldNotTell(dynamicPort, noRange(target), seen.dynamic.why);
		}
	},
};

const noRange = (target: PortTarget) => ({ ...target, first: target.port, last: target.port });

function* ofReason(target: PortTarget, { code, message, blocking: _, ...reason }: PortReason): Generator<Finding> {
	const { first = target.port, last = target.port, held = false } = reason;
	const { address = null, pid = null, process = null, user = null } = reason;
	if (code === "not-tried") yield couldNotTell(refusedBind, { ...target, held }, message);
	else if (code === "bind-refused") yield found(refusedBind, { ...target, held });
	else if (code === "common-port") yield found(commonPort, target);
	else if (code === "excluded" || code === "dynamic-range") yield found(portReasons[code], { ...target, first, last });
	else if (code === "ipv6-only" || code === "other-address") {
		yield found(portReasons[code], { ...target, address, pid, process, user });
	}
}

export const portProbes = [owners, usable];
