import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		name: "powershell",
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		testTimeout: 180_000,
		hookTimeout: 600_000,
		fileParallelism: false,
	},
});
