import type { Environment } from "../environment/environment.js";
import { couldNotTell, found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { findingOf } from "../finding/verdict.js";
import type { Known } from "../known.js";
import { t } from "../text.js";
import { compareWithProfile } from "./detect.js";
import {
	clientMissing,
	clientNotListening,
	clientVerdicts,
	clientWithoutAllocation,
	layoutDiffers,
	onlyOwnProfile,
	profileUnverified,
	sharedClient,
	uninstallEntryMissing,
	wrongClientId,
} from "./findings.js";
import type { ListedClient } from "./list.js";
import type { LocalUser, Machine } from "./machine.js";
import type { ClientProfile } from "./profile.js";

export interface ClientSources {
	machine: Machine;
	profile: ClientProfile;
	environment: Environment;
	/** Who has a profile here, as far as anybody could say. */
	local: Known<readonly LocalUser[]>;
	/** Those who are asked about. */
	users: readonly LocalUser[];
	/** Their clients. */
	clients: readonly ListedClient[];
}

const machine: Probe<ClientSources, "machine" | "profile" | "local"> = {
	name: "machine",
	group: "machine",
	kinds: [onlyOwnProfile, profileUnverified, sharedClient],
	needs: ["machine", "profile", "local"],
	async *look({ machine, profile, local }) {
		if (!local.known) {
			const { account } = await machine.profiles.currentUser();
			yield couldNotTell(onlyOwnProfile, { user: account }, local.why);
		}
		const shared = machine.client.shared?.(profile);
		if (shared?.known === false) yield couldNotTell(sharedClient, { folder: null }, shared.why);
		else if (shared?.value != null) yield found(sharedClient, { folder: shared.value });
		if (!profile.verified) yield found(profileUnverified, { source: profile.source });
	},
};

const state: Probe<ClientSources, "environment" | "clients"> = {
	name: "clients",
	group: "client",
	kinds: [clientMissing, wrongClientId, clientWithoutAllocation, clientNotListening, uninstallEntryMissing],
	needs: ["environment", "clients"],
	aboutUsers: true,
	async *look({ environment, clients }) {
		for (const client of clients) {
			const facts = { ...client, environment: environment.name };
			const why = t`not known: ${client.unknown.join(", ")}`;
			const finding = findingOf(clientVerdicts[client.verdict], facts, why);
			if (finding !== undefined) yield finding;
			if (client.installed && client.registered === false) yield found(uninstallEntryMissing, facts);
		}
	},
};

const layout: Probe<ClientSources, "machine" | "profile" | "users"> = {
	name: "client-profile",
	group: "client",
	kinds: [layoutDiffers],
	needs: ["machine", "profile", "users"],
	aboutUsers: true,
	async *look({ machine, profile, users }) {
		for (const user of users) {
			const compared = await compareWithProfile(machine, profile, user);
			const about = { user: user.account };
			if (!compared.known) yield couldNotTell(layoutDiffers, { ...layoutDiffers.sample, ...about }, compared.why);
			for (const one of compared.known ? compared.value : []) {
				if (!one.agrees) yield found(layoutDiffers, { ...one, ...about });
			}
		}
	},
};

export const clientProbes = [machine, state, layout];
