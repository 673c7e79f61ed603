// A package for Debian and what stems from it: the bundle in /usr/lib/cfm, and `cfm` on everybody's PATH.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesBelow, settle, sizeOf } from "./archives.mjs";

/** @param {{folder: string, file: string, version: string, time: Date}} of `folder`: the bundle for Linux */
export function debianPackage({ folder, file, version, time }) {
	const work = mkdtempSync(join(tmpdir(), "cfm-deb-"));
	try {
		const tree = join(work, "tree");
		const home = join(tree, "usr", "lib", "cfm");
		mkdirSync(join(tree, "DEBIAN"), { recursive: true });
		mkdirSync(join(tree, "usr", "bin"), { recursive: true });
		mkdirSync(join(tree, "usr", "share", "doc", "cfm"), { recursive: true });
		cpSync(folder, home, { recursive: true });
		cpSync(join(folder, "LICENSES.txt"), join(tree, "usr", "share", "doc", "cfm", "copyright"));
		const bytes = filesBelow(home).reduce((sum, name) => sum + sizeOf(join(home, name)), 0);
		writeFileSync(join(tree, "DEBIAN", "control"), control(version, Math.ceil(bytes / 1024)));
		settle(tree, time, (name) => /usr\/lib\/cfm\/(bin\/cfm|node\/node)$/.test(name));
		symlinkSync("../lib/cfm/bin/cfm", join(tree, "usr", "bin", "cfm"));
		execFileSync("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", tree, file], {
			stdio: ["ignore", "ignore", "inherit"],
			env: { ...process.env, SOURCE_DATE_EPOCH: String(time.getTime() / 1000) },
		});
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}

const control = (version, kilobytes) => `Package: cfm
Version: ${version}
Architecture: amd64
Maintainer: cfm <root@localhost>
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.28), libstdc++6
Section: admin
Priority: optional
Description: client IDs for CertifiO Manager - Server Edition
 Allocates, installs and checks the client IDs of people who sign documents
 with CertifiO Manager - Server Edition on shared servers.
`;
