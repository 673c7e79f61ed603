import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { type Connection, ConnectionLoss, type ConnectionPurpose } from "./connection.js";
import { logIn } from "./log-in.js";
import { findTarget, nameOf } from "./target.js";

/**
 * Connects to the server of a location, as libpq would: hosts one after the other, TLS, password files.
 *
 * It tries once; whoever has patience asks again.
 *
 * @throws ConnectionLoss for what may be better in a moment; CfmError for what will not: denied `wrong-password`, usage …
 */
export async function connect(location: string, purpose: ConnectionPurpose): Promise<Connection> {
	const target = await findTarget(location, purpose.secrets.variables);
	const losses: ConnectionLoss[] = [];
	const standbys: string[] = [];
	// One host leaves nothing to choose: that it can't be changed is said where a change is tried.
	const mustBeChangeable = target.sessions === "read-write" || (!purpose.readonly && target.endpoints.length > 1);
	for (const endpoint of target.endpoints) {
		try {
			const connection = await logIn(location, target, endpoint, purpose.secrets);
			if (!mustBeChangeable || !(await connection.isReadonly())) return connection;
			standbys.push(connection.host);
			await connection.close();
		} catch (error) {
			if (!(error instanceof ConnectionLoss)) throw error;
			losses.push(error);
		}
	}
	const hosts = target.endpoints.map(nameOf).join(", ");
	// As long as a host is away, it or its successor may come back as the one that can be changed.
	if (losses.length === 0) {
		throw new CfmError("unavailable", "registry-on-standby", t`${hosts}: a standby can be read, and not changed.`, {
			hints: [t`Specify the primary server. To look at the registry of a standby: target_session_attrs=any`],
			data: { hosts: standbys },
		});
	}
	const [only] = losses;
	if (only !== undefined && target.endpoints.length === 1) throw only;
	const reasons = [...losses.map(({ message }) => message), ...standbys.map((host) => t`${host} is a standby`)];
	throw new ConnectionLoss(hosts, reasons.join("; "), losses[0]);
}
