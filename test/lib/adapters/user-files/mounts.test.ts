import { expect, it } from "vitest";
import { usersMountsIn } from "../../../../src/lib/adapters/user-files/mounts.js";

const mountinfo = [
	"22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw",
	"36 22 0:31 / /home/ana/cloud\\040disk rw,nosuid,nodev shared:9 - fuse.sshfs host: rw,user_id=1001,group_id=1001",
	"37 22 0:32 / /home/ben/box rw,nosuid - fuse /dev/fuse rw,user_id=1002,group_id=1002,allow_other",
	"38 22 0:33 / /mnt/pool rw - fuse.mergerfs a:b rw,user_id=0,group_id=0,allow_other",
	"39 22 8:1 / /mnt/stick rw - fuseblk /dev/sda1 rw,user_id=0,group_id=0",
	"40 22 0:34 / /home/me/own rw - fuse.rclone x: rw,user_id=1003,group_id=1003",
	"41 22 0:35 / /home/eve/named-fuse rw - ext4 /dev/fuse user_id=1001",
	"",
].join("\n");

it("users' own file systems are those of FUSE that neither root nor this account has mounted", () => {
	expect([...usersMountsIn(mountinfo, 1003)]).toEqual(["/home/ana/cloud disk", "/home/ben/box"]);
	expect(usersMountsIn(mountinfo, 0).size).toBe(3);
});
