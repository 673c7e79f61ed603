import { expect, it } from "vitest";
import { networkName } from "../../../../src/lib/adapters/files/guard.js";

// What statfs answers (linux/magic.h): a mounted share cannot be had in a test. Some kernels answer with a sign.
it.each([
	["NFS", 0x6969],
	["CIFS", 0xff534d42],
	["CIFS", 0xff534d42 | 0],
	["SMB2", 0xfe534d42],
	["SMB2", 0xfe534d42 | 0],
	["SMB", 0x517b],
	["Ceph", 0x00c36400],
	["AFS", 0x5346414f],
	["FUSE", 0x65735546],
	["9P", 0x01021997],
	["VirtualBox", 0x786f4256],
	["VMware", 0xbacbacbc | 0],
	["GFS2", 0x01161970],
	[undefined, 0xef53],
	[undefined, 0x01021994],
	[undefined, 0x9123683e],
])("a disk is %s by its type %d", (name, answered) => {
	expect(networkName("/", () => ({ type: answered }))).toBe(name);
});
