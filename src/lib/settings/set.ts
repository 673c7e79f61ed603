import { became, intended, type OutsideOperation } from "../operation/operation.js";
import type { SettingKey } from "./settings.js";

/** The files that settings are kept in. */
export interface SettingFiles {
	stored(key: SettingKey, options: { machine: boolean }): { file: string; value: string | null };
	/** @param value undefined forgets it */
	store(file: string, key: SettingKey, value: string | number | undefined): void;
}

export interface SettingChange {
	key: SettingKey;
	before: string | null;
	after: string | null;
	file: string;
	changed: boolean;
}

/**
 * `cfm config set`. Only the machine's settings are told in the log: they are everybody's.
 *
 * @param request.value as the file keeps it; undefined forgets it
 */
export function setSetting(
	files: SettingFiles,
	request: { key: SettingKey; value: string | number | undefined; machine: boolean },
): OutsideOperation<SettingChange, true, SettingChange> {
	const { key, value, machine } = request;
	const act = { action: "config.set", environment: "", subject: `setting ${key}` } as const;
	const tell = <T>(event: T) => (machine ? [event] : []);
	return {
		asked: request,
		async plan() {
			const { file, value: before } = files.stored(key, { machine });
			const after = value === undefined ? null : String(value);
			return { key, before, after, file, changed: before !== after };
		},
		needed: ({ changed }) => changed,
		intent: ({ before, after, file }) => tell(intended(act, { value: before }, { value: after, file })),
		async apply({ file }) {
			files.store(file, key, value);
			return true;
		},
		outcome: async ({ after, file }) => tell(became(act, { value: after, file })),
		answer: (plan) => plan,
	};
}
