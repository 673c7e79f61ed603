import { defineConfig } from "vitest/config";

/** The end of what hangs, and nothing else: on a busy machine a test may take as long as it takes. */
const outerLimit = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
	test: {
		// One a processor; vitest's own choice leaves one idle.
		maxWorkers: "100%",
		projects: [
			{
				test: {
					name: "unit",
					include: ["test/**/*.test.ts"],
					exclude: ["test/lanes/**", "test/e2e/**", "test/checks/**"],
					// No tester's own time is this zone's, or UTC: what is told in local time must be told apart.
					env: { TZ: "America/St_Johns" },
					...outerLimit,
				},
			},
			{ test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...outerLimit } },
			{
				test: {
					name: "wine",
					include: ["test/lanes/wine/**/*.test.ts"],
					testTimeout: 300_000,
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
			{
				test: {
					name: "signing",
					include: ["test/lanes/signing/**/*.test.ts"],
					// Ratios are for npm run bench.
					exclude: process.env.CFM_CHECK === "speed" ? [] : ["test/lanes/signing/speed.test.ts"],
					testTimeout: 300_000,
					hookTimeout: 300_000,
					fileParallelism: false,
				},
			},
			{
				test: {
					name: "mail",
					include: ["test/lanes/mail/**/*.test.ts"],
					testTimeout: 300_000,
					hookTimeout: 120_000,
					fileParallelism: false,
				},
			},
			{
				test: {
					name: "postgres",
					include: ["test/lanes/postgres/**/*.test.ts"],
					testTimeout: 600_000,
					hookTimeout: 120_000,
					fileParallelism: false,
				},
			},
		],
	},
});
