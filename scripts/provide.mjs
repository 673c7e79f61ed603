// Debian's packages for what a script calls: installed when they are missing and this is root on Debian.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const isRootOnDebian = process.platform === "linux" && process.geteuid?.() === 0 && existsSync("/etc/debian_version");

/**
 * Sees to it that programs are there.
 *
 * @param {string[]} packages of Debian
 * @param {string[]} programs that they bring
 * @returns {string | undefined} why they are not; undefined when they are
 */
export function provide(packages, programs) {
	const missing = programs.filter((program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0);
	if (missing.length === 0) return undefined;
	if (!isRootOnDebian)
		return `${missing.join(", ")} missing, and only root on Debian can install ${packages.join(", ")}`;
	const apt = (...words) =>
		spawnSync("apt-get", words, { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
	apt("-qq", "update");
	const { status } = apt("-qq", "install", "-y", "--no-install-recommends", ...packages);
	return status === 0 ? undefined : `apt-get could not install ${packages.join(", ")}`;
}
