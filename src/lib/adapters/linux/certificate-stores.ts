import type { Stores } from "../../certificate/stores.js";
import { known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { systemRoots } from "../openssl/system-roots.js";

/** Linux has no stores, and no engine beside OpenSSL. */
export const linuxStores: Omit<Stores, "believed" | "file"> = {
	roots: async () => systemRoots(),
	certificates: async () => unknown(t`only Windows has certificate stores`),
	key: async () => unknown(t`only Windows has certificate stores`),
	opinion: async () => known(null),
};
