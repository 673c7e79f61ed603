import type { NetworkPort } from "../../port/network.js";
export function windowsNetwork(): NetworkPort {
	throw new Error("next");
}
