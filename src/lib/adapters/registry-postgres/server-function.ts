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
	/** Who may call it, beside the owner: roles as in `roles.ts`. */
	for: "writers" | "nobody";
	body: string;
	language?: "sql";
}
