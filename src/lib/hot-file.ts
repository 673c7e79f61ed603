import { openWith } from "./adapters/registry-sqlite/connection.js";
import { elsewhere, hotHost } from "./hot-host.js";

/** The machine for hot commands whose registry is a file. */
export const fileHost = hotHost((location, options) =>
	openWith(location, options, { backup: elsewhere, check: elsewhere }),
);
