import type BetterSqlite3 from "better-sqlite3";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";

/** The library, as it opens databases. */
export type Driver = typeof BetterSqlite3;

/** The library's entry point for this platform: named one by one, so that a bundle holds its code and knows its binary. */
export async function driver(): Promise<Driver> {
	const platform = `${process.platform}-${process.arch}`;
	switch (platform) {
		case "linux-x64":
			return (await import("better-sqlite3/linux-x64")).default;
		case "linux-arm64":
			return (await import("better-sqlite3/linux-arm64")).default;
		case "win32-x64":
			return (await import("better-sqlite3/win32-x64")).default;
		case "win32-arm64":
			return (await import("better-sqlite3/win32-arm64")).default;
		default:
			throw new CfmError("unavailable", "platform-not-supported", t`cfm does not support ${platform}.`, {
				hints: [t`Use Windows or Linux, x64 or arm64.`],
			});
	}
}
