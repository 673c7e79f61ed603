/** What became of an account. `unknown` says why nobody can tell; it is never the same as `there`. */
export type AccountState = { is: "there" | "disabled" | "gone" } | { is: "unknown"; why: string };
