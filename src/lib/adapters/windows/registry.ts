import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";

type NativeRegistry = typeof import("native-reg");

/** The registry hive of a user: their own while `cfm` runs as them, else the loaded one under their SID. */
export type Hive = { user: "current" } | { user: string };

/** Reads and writes the Windows registry in process: `reg.exe` loses characters that are not in the code page. */
export class WindowsRegistry {
	private constructor(private readonly native: NativeRegistry) {}

	static async open(): Promise<WindowsRegistry> {
		return new WindowsRegistry((await import("native-reg")).default as unknown as NativeRegistry);
	}

	/** A value as text; null when the key or the value is not there. */
	text(hive: Hive, path: string, name: string): Known<string | null> {
		return this.within(hive, path, (key) => {
			if (key === null) return null;
			const value = this.native.queryValue(key, name);
			return value === null || value === undefined ? null : String(value);
		});
	}

	/** Whether a key is there. */
	has(hive: Hive, path: string): Known<boolean> {
		return this.within(hive, path, (key) => key !== null);
	}

	/** The names of the keys below one; empty when it is not there. */
	keys(hive: Hive | "machine", path: string): Known<string[]> {
		return this.within(hive, path, (key) => (key === null ? [] : this.native.enumKeyNames(key)));
	}

	/** The names of a key's values. */
	values(hive: Hive, path: string): Known<string[]> {
		return this.within(hive, path, (key) => (key === null ? [] : this.native.enumValueNames(key)));
	}

	machineText(path: string, name: string): Known<string | null> {
		return this.within("machine", path, (key) => {
			const value = key === null ? null : this.native.queryValue(key, name);
			return value === null || value === undefined ? null : String(value);
		});
	}

	/** Sets a text value, making the key when it is not there. */
	setText(hive: Hive, path: string, name: string, value: string): void {
		const { root, prefix } = this.rootOf(hive);
		const key = this.native.createKey(root, prefix + path, this.native.Access.ALL_ACCESS);
		try {
			this.native.setValueSZ(key, name, value);
		} finally {
			this.native.closeKey(key);
		}
	}

	/** Sets a text value below HKLM, which only an administrator may. */
	setMachineText(path: string, name: string, value: string): void {
		const key = this.native.createKey(this.native.HKLM, path, this.native.Access.ALL_ACCESS);
		try {
			this.native.setValueSZ(key, name, value);
		} finally {
			this.native.closeKey(key);
		}
	}

	/** Whether this process has administrators' rights: only they may read the hive of the local service. */
	get elevated(): Known<boolean> {
		try {
			const key = this.native.openKey(this.native.HKU, "S-1-5-19", this.native.Access.READ);
			if (key !== null) this.native.closeKey(key);
			return key === null ? unknown(t`the hive of the local service is not there`) : known(true);
		} catch (error) {
			return isDenied(error) ? known(false) : unknown(String(error));
		}
	}

	private within<T>(
		hive: Hive | "machine",
		path: string,
		look: (key: ReturnType<NativeRegistry["openKey"]>) => T,
	): Known<T> {
		const { root, prefix } = this.rootOf(hive);
		try {
			if (hive !== "machine" && hive.user !== "current") {
				// A hive that is not loaded looks like one without the key: the user is simply not logged on.
				const whole = this.native.openKey(root, hive.user, this.native.Access.READ);
				if (whole === null) return unknown(t`the user's registry is not loaded`);
				this.native.closeKey(whole);
			}
			const key = this.native.openKey(root, prefix + path, this.native.Access.READ);
			try {
				return known(look(key));
			} finally {
				if (key !== null) this.native.closeKey(key);
			}
		} catch (error) {
			return unknown(error instanceof Error ? error.message : String(error));
		}
	}

	private rootOf(hive: Hive | "machine") {
		if (hive === "machine") return { root: this.native.HKLM, prefix: "" };
		if (hive.user === "current") return { root: this.native.HKCU, prefix: "" };
		return { root: this.native.HKU, prefix: `${hive.user}\\` };
	}
}

/** By number (ERROR_ACCESS_DENIED): native-reg's message is in the system's language, its code is always Win32Error. */
function isDenied(error: unknown): boolean {
	return error instanceof Error && "errno" in error && error.errno === 5;
}
