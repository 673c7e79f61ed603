import { defineConfig } from "vitest/config";

/** The end of what hangs, and nothing else: on a busy machine a test may take as long as it takes. */
const outerLimit = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: "unit",
					include: ["test/**/*.test.ts"],
					exclude: ["test/lanes/**", "test/e2e/**", "test/checks/**"],
					...outerLimit,
				},
			},
			{ test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...outerLimit } },
			{
				test: {
					name: "wine",
					include: ["test/lanes/wine/**/*.test.ts"],
					testTimeout: 180_000,
					hookTimeout: 600_000,
					fileParallelism: false,
				},
			},
			{
				test: {
					name: "powershell",
					include: ["test/lanes/powershell/**/*.test.ts"],
					globalSetup: ["test/lanes/powershell/announce.ts"],
					testTimeout: 600_000,
					hookTimeout: 600_000,
					fileParallelism: false,
				},
			},
			{
				test: {
					name: "browsers",
					include: ["test/lanes/browsers/**/*.test.ts"],
					testTimeout: 600_000,
					hookTimeout: 120_000,
					fileParallelism: false,
				},
			},
		],
	},
});
