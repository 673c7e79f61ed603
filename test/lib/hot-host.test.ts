import { userInfo } from "node:os";
import { afterEach, expect, it, vi } from "vitest";
import { asked } from "../../src/lib/hot-host.js";
import { isRoot } from "./adapters/temp.js";

afterEach(() => vi.unstubAllEnvs());

it("whoever asks is named by the variables that the command was given, not by those of this process", async () => {
	vi.stubEnv("SUDO_USER", "somebody");
	const name = userInfo().username;
	expect(await asked.account({})).toBe(name);
	expect(await asked.account({ SUDO_USER: "ana" })).toBe(isRoot ? "root (ana)" : name);
});
