import { type Hint, line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { changedMeanwhile, registryMoved } from "../../registry/refusals.js";
import type { Attribution, Change } from "../../registry/registry.js";
import { t } from "../../text.js";
import { ConnectionLoss, ServerRefusal } from "./connection.js";

/** Says in the tool's words what the server refused; errors of ours and of nobody's pass through. */
export function explain(error: unknown, location: string, changes: readonly Change[] = []): unknown {
	if (error instanceof ConnectionLoss) return unreachable(error, location);
	if (!(error instanceof ServerRefusal)) return error;
	const { code, message, facts } = error;
	const rule = brokenRule(error, changes);
	if (rule !== undefined) return rule;
	const { host } = facts;
	const options = { data: { registry: location, host, sqlstate: code }, cause: error };
	if (code === "CF009") return registryMoved(facts.detail ?? "");
	if (code === "42P01" || code === "3F000" || code === "3D000") return noRegistry(location, error);
	if (code === "42501") {
		return new CfmError(
			"denied",
			"registry-not-writable",
			t`You may not do this with the registry ${location}: ${message}.`,
			{
				...options,
				hints: [t`Ask who administers the database to make your account a member of the registry's role.`],
			},
		);
	}
	if (code === "25006" || (code === "0A000" && message.includes("recovery"))) return onStandby(location, error);
	if (code === "55P03" || code === "40001" || code === "40P01" || code === "57014" || code === "53300") {
		return new CfmError("busy", "registry-busy", t`The registry ${location} is busy on ${host}: ${message}.`, {
			...options,
			hints: [t`Try again in a moment.`],
		});
	}
	if (code === "53100") {
		return new CfmError(
			"unavailable",
			"disk-full",
			t`The registry ${location} could not be written: the disk of its server ${host} is full. Nothing was changed.`,
			{ ...options, hints: [t`Free some space, then run the command again.`] },
		);
	}
	if (code.startsWith("XX") || code.startsWith("58")) {
		return new CfmError(
			"unavailable",
			"registry-damaged",
			t`The server ${host} can't read the registry ${location}: ${message}.`,
			options,
		);
	}
	return error;
}

function unreachable(loss: ConnectionLoss, location: string): CfmError {
	return new CfmError(
		"unavailable",
		"registry-unreachable",
		t`The registry's server ${loss.host} can't be reached: ${loss.message}.`,
		{
			hints: [t`Check that the server is running and reachable from this machine, then run the command again.`],
			data: { registry: location, host: loss.host },
			cause: loss,
		},
	);
}

/**
 * A change was sent, the connection was lost, and nobody could be asked what became of it. Whoever named the request can
 * repeat it; of any other the log tells what became of it.
 */
export function inDoubt(loss: ConnectionLoss, location: string, { requestKey, repeatable }: Attribution): CfmError {
	const hint: Hint = repeatable
		? {
				say: t`When the server answers again, run the command with this ID: it is done once.`,
				line: { again: { "request-id": requestKey } },
			}
		: {
				say: t`When the server answers again, see whether the log has the request ${requestKey}; run the command again if it has not:`,
				line: line("ids history", [], { last: 20, json: true }),
			};
	return new CfmError(
		"unavailable",
		"change-in-doubt",
		t`The connection to ${loss.host} was lost while the change was stored, and the server can't be reached: it is not known whether it was.`,
		{ hints: [hint], data: { registry: location, host: loss.host, requestKey }, cause: loss },
	);
}

export function noRegistry(location: string, cause?: unknown): CfmError {
	return new CfmError("not-found", "no-registry", t`There is no registry at ${location} yet.`, {
		hints: [line("init")],
		data: { registry: location },
		cause,
	});
}

/** The registry was made before cfm gave roles, and nobody there may. */
function mayNotGrant(): CfmError {
	return new CfmError("denied", "may-not-grant", t`cfm can't give roles on this server yet.`, {
		hints: [
			{
				say: t`Let a database administrator run once what this prints:`,
				line: line("registry migrate", [], { "print-sql": true }),
			},
		],
	});
}

function onStandby(location: string, cause: unknown): CfmError {
	return new CfmError(
		"unavailable",
		"registry-on-standby",
		t`The server of ${location} is a standby: it can be read, not changed.`,
		{
			hints: [t`Name the primary server, or all servers with target_session_attrs=read-write.`],
			data: { registry: location },
			cause,
		},
	);
}

/** A rule that the server's functions keep. The detail is the number of the change. */
function brokenRule({ code, facts }: ServerRefusal, changes: readonly Change[]): CfmError | undefined {
	const [at = "", outside = ""] = (facts.detail ?? "").split(" ");
	const change = changes[Number(at)];
	if (code === "23505") return changedMeanwhile(t`Changed by somebody else.`);
	if (change === undefined) return undefined;
	const { environment } = change;
	const of = change.of === "allocation" ? t`ID ${change.id} of ${environment}` : called(change);
	if (code === "CF001" && change.of === "allocation")
		return changedMeanwhile(t`ID ${change.id} of ${environment} is no longer free.`);
	if (code === "CF002") return changedMeanwhile(t`Changed by somebody else: ${of}.`);
	if (code === "CF003" && change.of === "allocation")
		return changedMeanwhile(t`${change.after?.user ?? ""} already has an ID in ${environment}.`);
	if (code === "CF004") return changedMeanwhile(t`The environment ${environment} no longer exists.`);
	if (code === "CF005") return changedMeanwhile(t`Somebody now holds an ID in ${environment}.`);
	if (code === "CF006") {
		return new CfmError("conflict", "ids-outside-range", t`ID ${outside} of ${environment} is not free.`, {
			hints: [line("ids list", [], { environment })],
		});
	}
	if (code === "CF007") {
		return new CfmError("denied", "role-needed", t`Your role in the registry may not change this: ${of}.`, {
			hints: [t`Ask who administers the database for another role.`],
		});
	}
	if (code === "CF011") return new CfmError("usage", "no-role-for-login", t`This login can't have a role: ${of}.`);
	if (code === "CF012") return mayNotGrant();
	if (code === "CF013") {
		return new CfmError("conflict", "role-not-ours", t`${of}: its login has the role ${outside} from somebody else.`, {
			hints: [t`Let whoever gave it revoke it on the server, then run the command again.`],
			data: { role: outside },
		});
	}
	// The rows do not matter: with none of them no rule holds.
	if (code === "CF010" && typeof change.of === "object") return change.of.holds?.([]);
	return undefined;
}

function called(change: Change): string {
	if (change.of === "allocation" || change.of === "act") return change.environment;
	return change.of.called((change.before ?? change.after) as object);
}
