import { existsSync, readFileSync } from "node:fs";

/** Whether this machine has a loopback of IPv6: many have none, and what is told of IPv4 holds there all the same. */
export const hasIpv6 =
	existsSync("/proc/net/if_inet6") && / lo$/m.test(readFileSync("/proc/net/if_inet6", "latin1").replace(/ +/g, " "));
