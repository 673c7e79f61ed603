import path from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		name: "powershell",
		root: path.resolve(import.meta.dirname, "../../.."),
		include: ["test/lanes/powershell/**/*.test.ts"],
		testTimeout: 600_000,
		hookTimeout: 600_000,
		fileParallelism: false,
	},
});
