/**
 * What the server does itself. Nobody but the owner writes a table: whoever may change the registry calls these, and they
 * check what they are told. `registry check` compares each with its text here.
 *
 * A function that raises CF… tells the client which rule did not hold (`failures.ts`). All are VOLATILE and run under READ
 * COMMITTED: what is read after the lock was got is what is there then.
 */
export interface ServerFunction {
	name: string;
	parameters: string;
	returns: string;
	/** Who may call it, beside whoever owns it: roles as in `roles.ts`. */
	for: "writers" | "owner" | "nobody";
	/** Runs as the role that may give the others, which owns nothing else. */
	byKeeper?: true;
	body: string;
	language?: "sql";
}
