import type { Account } from "./account.js";

/**
 * What Windows writes before accounts of its own, which it translates: NT AUTHORITY is AUTORITE NT, NT-AUTORITÄT and so on;
 * folded. Their SIDs are the same everywhere, but a name that was typed has none.
 */
const windowsOwn =
	/^(nt[ -](authority|autorität|instans|service|dienst|virtual machine)|autorite nt|autorité nt|autoridade nt|autoridad nt|zarządzanie nt|builtin|iis apppool|font driver host|window manager|azure ad connect)$/;

/** Without a domain; what else is called like them is no person either. */
const byName =
	/^(system|localsystem|local service|localservice|network service|networkservice|anonymous logon|defaultapppool|classic \.net apppool|\.net v[\d.]+( classic)?|defaultaccount|wdagutilityaccount|krbtgt|aspnet|iusr|iusr_.+|iwam_.+|dwm-\d+|umfd-\d+)$/;

/** Well-known SIDs: the system and its services, service accounts, pools of IIS, virtual machines, window and font drivers. */
const bySid = /^S-1-5-(18|19|20|7|80-.+|82-.+|83-.+|90-.+|96-.+)$/;

/**
 * Whether an account is surely no person's: a machine's or a managed service's (`SERVER1$`), one of Windows' own, a pool of
 * IIS. What a script gets for the user when it runs where no user is.
 */
export function isServiceAccount({ name, domain, sid }: Account): boolean {
	return name.endsWith("$") || windowsOwn.test(domain) || byName.test(name) || (sid !== undefined && bySid.test(sid));
}
