import type { ListedClient } from "../client/list.js";
import { type ClientProfile, isClientProgram } from "../client/profile.js";
import type { Environment } from "../environment/environment.js";
import { couldNotTell, type Finding, found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { findingOf } from "../finding/verdict.js";
import type { RegistryReads } from "../registry/probes.js";
import { t } from "../text.js";
import { checkPort, findTarget, obstaclesBy, type PortReason, type PortTarget, type SeenNetwork } from "./check.js";
import {
	commonPort,
	dynamicPort,
	excludedPort,
	exposedClient,
	foreignListener,
	ipv6Listener,
	missingListener,
	otherAddress,
	portReasons,
	portVerdicts,
	refusedBind,
	sessionAddress,
	twoSessions,
	unexpectedListener,
} from "./findings.js";
import type { ListedPort } from "./list.js";
import type { Network } from "./network.js";
import { reachOf } from "./whose.js";

export interface PortSources {
	registry: RegistryReads;
	network: Network;
	/** What the network says, asked once. */
	seen: SeenNetwork;
	environment: Environment;
	profile: ClientProfile;
	clients: readonly ListedClient[];
	/** What listens on the ports of IDs, or should. */
	ports: readonly ListedPort[];
}

const owners: Probe<PortSources, "environment" | "ports" | "profile"> = {
	name: "listeners",
	group: "port",
	kinds: [foreignListener, unexpectedListener, missingListener, twoSessions],
	needs: ["environment", "ports", "profile"],
	aboutUsers: true,
	async *look({ environment, ports, profile }) {
		for (const { verdict, ...row } of ports) {
			if (verdict === null) continue;
			const told = row.process === null ? {} : { isClient: isClientProgram(row.process, profile) };
			const facts = { ...row, ...told, environment: environment.name };
			const why = t`not known: ${row.unknown.join(", ")}`;
			const finding = findingOf(portVerdicts[verdict], facts, why);
			if (finding !== undefined) yield finding;
			if (row.otherSessions.length > 0) yield found(twoSessions, facts);
		}
	},
};

/** What `owners` says of a listener is not said again. */
const usable: Probe<PortSources, "registry" | "network" | "seen" | "environment" | "profile" | "clients"> = {
	name: "ports",
	group: "port",
	kinds: [
		commonPort,
		excludedPort,
		ipv6Listener,
		otherAddress,
		refusedBind,
		dynamicPort,
		exposedClient,
		sessionAddress,
	],
	needs: ["registry", "network", "seen", "environment", "profile", "clients"],
	aboutUsers: true,
	async *look({ registry, network, seen, environment, profile, clients }, signal) {
		const obstacle = obstaclesBy(seen, network, profile.commonPort);
		for (const { allocatedId } of clients) {
			if (allocatedId === null || signal.aborted) continue;
			const asked = await registry.read((view) => findTarget(view, environment, String(allocatedId), seen, obstacle));
			const { check } = await checkPort(asked, seen, network, profile);
			// Facts for a script: not who else could say whose a listener is.
			const { holder: _, whose: __, ...target } = asked;
			for (const reason of check.reasons) yield* ofReason(target, reason);
			if (!seen.listeners.known) yield couldNotTell(sessionAddress, { ...target, address: "" }, seen.listeners.why);
			else {
				const here = seen.listeners.value.filter(({ port }) => port === target.port);
				for (const { address } of here)
					if (reachOf(address) === "loopback") yield found(sessionAddress, { ...target, address });
				// What answers on IPv6 only is in the table that is missing.
				const { except } = seen.listeners;
				if (except !== undefined && here.length === 0) yield couldNotTell(ipv6Listener, nobody(target), except);
			}
			if (!seen.excluded.known) yield couldNotTell(excludedPort, noRange(target), seen.excluded.why);
			if (!seen.dynamic.known) yield couldNotTell(dynamicPort, noRange(target), seen.dynamic.why);
		}
	},
};

const nobody = (target: PortTarget) => ({ ...target, address: null, pid: null, process: null, user: null });
const noRange = (target: PortTarget) => ({ ...target, first: target.port, last: target.port });

function* ofReason(target: PortTarget, { code, message, blocking: _, ...reason }: PortReason): Generator<Finding> {
	const { first = target.port, last = target.port, held = false } = reason;
	const { address = null, pid = null, process = null, user = null } = reason;
	if (code === "not-tried") yield couldNotTell(refusedBind, { ...target, held }, message);
	else if (code === "bind-refused") yield found(refusedBind, { ...target, ...reason, held });
	else if (code === "beyond-loopback") yield found(exposedClient, { ...target, address });
	else if (code === "common-port") yield found(commonPort, target);
	else if (code === "excluded" || code === "dynamic-range") yield found(portReasons[code], { ...target, first, last });
	else if (code === "ipv6-only" || code === "other-address") {
		yield found(portReasons[code], { ...target, address, pid, process, user });
	}
}

export const portProbes = [owners, usable];
