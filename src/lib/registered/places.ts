import type { StoreName } from "../certificate/stores.js";

// What the places of certificates are called in the register: the same place has the same name in every session.

/** A token goes from machine to machine: its serial number names it. */
export function tokenPlace({ serial, label }: { serial: string; label: string }): string {
	return `token ${serial.trim() || label.trim()}`;
}

/** A store is that of one machine, and where it is a user's own, of one user there. */
export function storePlace({ scope, name }: StoreName, machine: string, account: string): string {
	return scope === "machine" ? `store machine/${name} on ${machine}` : `store user/${name} of ${account} on ${machine}`;
}
