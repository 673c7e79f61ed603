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

	/** A value of bytes; null when the key or the value is not there, or holds something else. */
	bytes(hive: Hive, path: string, name: string): Known<Buffer | null> {
		return this.within(hive, path, (key) => {
			const value = key === null ? null : this.native.queryValueRaw(key, name);
			return value?.type === this.native.ValueType.BINARY ? Buffer.from(value) : null;
		});
	}

	/** Whether a user's hive is loaded: while they are logged on, and for a while after. */
	isLoaded(hive: Hive): boolean {
		if (hive.user === "current") return true;
		try {
			const whole = this.native.openKey(this.native.HKU, hive.user, this.native.Access.READ);
			if (whole !== null) this.native.closeKey(whole);
			return whole !== null;
		} catch {
			return true; // it is there, and closed to us
		}
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
	values(hive: Hive | "machine", path: string): Known<string[]> {
		return this.within(hive, path, (key) => (key === null ? [] : this.native.enumValueNames(key)));
	}

	machineText(path: string, name: string): Known<string | null> {
		return this.within("machine", path, (key) => {
			const value = key === null ? null : this.native.queryValue(key, name);
			return value === null || value === undefined ? null : String(value);
		});
	}

	/**
	 * Sets a number, making the key when it is not there. A value that is there keeps its type: a program that reads a
	 * REG_DWORD does not see a text.
	 *
	 * @throws when it is there with a type that has no number
	 */
	setNumber(hive: Hive, path: string, name: string, value: number): void {
		const { root, prefix } = this.rootOf(hive);
		const { createKey, queryValueRaw, ValueType } = this.native;
		const key = createKey(root, prefix + path, this.native.Access.ALL_ACCESS);
		try {
			const type = queryValueRaw(key, name)?.type ?? ValueType.SZ;
			if (type === ValueType.DWORD) this.native.setValueDWORD(key, name, value);
			else if (type === ValueType.QWORD) this.native.setValueQWORD(key, name, BigInt(value));
			else if (type === ValueType.EXPAND_SZ) this.native.setValueEXPAND_SZ(key, name, String(value));
			else if (type === ValueType.SZ) this.native.setValueSZ(key, name, String(value));
			else throw new Error(`${path}\\${name} has the type ${ValueType[type]}`);
		} finally {
			this.native.closeKey(key);
		}
	}

	/** Removes a key with all below it; one that is not there is no failure. */
	removeKey(hive: Hive, path: string): void {
		const { root, prefix } = this.rootOf(hive);
		const cut = path.lastIndexOf("\\");
		const above = this.native.openKey(root, prefix + path.slice(0, cut), this.native.Access.ALL_ACCESS);
		if (above === null) return;
		try {
			const name = path.slice(cut + 1);
			if (this.native.enumKeyNames(above).some((one) => one.toLowerCase() === name.toLowerCase())) {
				this.native.deleteTree(above, name);
			}
		} finally {
			this.native.closeKey(above);
		}
	}

	/** Removes a value; one that is not there is no failure. */
	removeValue(hive: Hive, path: string, name: string): void {
		const { root, prefix } = this.rootOf(hive);
		const key = this.native.openKey(root, prefix + path, this.native.Access.ALL_ACCESS);
		if (key === null) return;
		try {
			this.native.deleteValue(key, name);
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
