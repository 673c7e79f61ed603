import { openWith } from "./adapters/registry-postgres/open-with.js";
import { elsewhere, hotHost } from "./hot-host.js";

/** The machine for hot commands whose registry is on a server. */
export const serverHost = hotHost((location, options) =>
	openWith(location, options, { info: elsewhere, check: elsewhere, backup: elsewhere }),
);
