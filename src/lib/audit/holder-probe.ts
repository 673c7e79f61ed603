import { foldName } from "../account/fold.js";
import { registered, relate } from "../account/whose.js";
import { listInstallations } from "../client/installation.js";
import { couldNotTell, found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { t } from "../text.js";
import { holderAuditKinds, holderGone, holdersNeverSeen } from "./client-findings.js";
import type { AuditSources } from "./probes.js";

interface Holder {
	user: string;
	sid: string | null;
	id: number;
	/** Whether they have a profile here; else whether they had a client. */
	seen: "here" | "before" | "never";
}

/**
 * Who has an ID and whose account is gone or disabled; and who has no profile here: whoever had a client here is gone, of
 * the others nothing follows but their number.
 */
const holders: Probe<AuditSources, "registry" | "machine" | "environment" | "local" | "clients" | "accounts"> = {
	name: "audit-holders",
	group: "ids",
	kinds: holderAuditKinds,
	needs: ["registry", "machine", "environment", "local", "clients", "accounts"],
	async *look({ registry, machine, environment, local, clients, accounts }) {
		const { name, domains } = environment;
		const here = new Set(clients.map(({ allocatedId }) => allocatedId));
		const holding = await registry.read(async (view) => {
			const had = new Map<string, string[]>();
			const remember = (user: string) => {
				const { name: key } = registered({ user, sid: null });
				had.set(key, [...(had.get(key) ?? []), user]);
			};
			for (const { user } of await listInstallations(view, { environment: name, machine: machine.name }))
				remember(user);
			for await (const chunk of view.sightings({ environment: name, machine: machine.name, kinds: ["clients"] }))
				for (const { user, facts } of chunk)
					if (user !== null && (facts as { installed?: unknown }).installed === true) remember(user);
			const holding: Holder[] = [];
			for await (const chunk of view.allocations({ environment: name, state: "allocated" })) {
				for (const { user, sid, id } of chunk) {
					if (user === null) continue;
					const account = registered({ user, sid });
					const wasHere = () =>
						(had.get(foldName(account.name)) ?? []).some(
							(other) => relate(account, registered({ user: other, sid: null }), domains) === "same",
						);
					holding.push({ user, sid, id, seen: here.has(id) ? "here" : wasHere() ? "before" : "never" });
				}
			}
			return holding;
		});
		const about = { environment: name, machine: machine.name };
		const why = local.known ? unclear(clients) : local.why;
		const states = await accounts.states(holding.map(({ user }) => user));
		const gone = holding.filter(({ user }) => states.get(user)?.is === "gone");
		// Whoever was renamed is not gone: the SID is still somebody's.
		const names = await accounts.names(gone.flatMap(({ sid }) => sid ?? []));
		const renamed = names.known ? names.value : new Map<string, string>();
		const untold: { holder: Holder; reason: string }[] = [];
		for (const holder of holding) {
			const { user, id, sid, seen } = holder;
			const state = states.get(user) ?? { is: "unknown", why: t`nobody was asked` };
			const isRenamed = state.is === "gone" && renamed.has(sid ?? "");
			if (state.is === "disabled" || (state.is === "gone" && !isRenamed))
				yield found(holderGone, { ...about, user, id, why: state.is });
			else if (seen === "before") {
				const facts = { ...about, user, id, why: "no-profile" } as const;
				yield why === undefined ? found(holderGone, facts) : couldNotTell(holderGone, facts, why);
			} else if (state.is === "unknown") untold.push({ holder, reason: state.why });
		}
		// One for each reason: a controller that does not answer would be told a thousand times.
		for (const [reason, of] of Map.groupBy(untold, (one) => one.reason)) {
			const [first] = of;
			if (first === undefined) continue;
			const { user, id } = first.holder;
			const facts = { ...about, user, id, why: "gone", users: of.map(({ holder }) => holder.user) } as const;
			yield couldNotTell(holderGone, facts, t`can't determine whether these accounts still exist: ${reason}`);
		}
		const never = holding.filter(({ user, seen }) => seen === "never" && states.get(user)?.is !== "gone").length;
		if (never > 0) yield found(holdersNeverSeen, { ...about, count: never });
	},
};

/** Whoever is here and may have any of these IDs keeps each of them from being called gone. */
function unclear(clients: AuditSources["clients"]): string | undefined {
	const users = clients.filter(({ unknown }) => unknown.includes("allocatedId")).map(({ user }) => user);
	return users.length === 0 ? undefined : t`can't determine whose ID is that of ${users.slice(0, 3).join(", ")}`;
}

export const holderAuditProbes = [holders];
