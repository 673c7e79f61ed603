/** An account or a group, as a system knows it. */
export interface Principal {
	/** As the system writes it: `DOMAIN\name`, or `name`. */
	name: string;
	kind: "user" | "group";
	/** Windows' own number of it; elsewhere there is none that counts on other machines. */
	sid: string | null;
}
