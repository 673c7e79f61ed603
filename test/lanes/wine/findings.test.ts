/** What doctor and audit find on Windows alone, provoked in the Windows Registry, by a share, by what netsh answers. */
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { bothWays } from "../../both-ways.js";
import { ask, believe, done, installing, machineWithCli, Recorded } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
let netsh: Recorded;
beforeAll(async () => {
	wine = await machineWithCli();
	await done(wine, ["ids", "allocate", wine.user]);
	await done(wine, installing(wine, "ok"));
	netsh = await Recorded.put(wine, "C:\\windows\\system32\\netsh.exe");
	excluded();
});
afterAll(() => wine?.dispose());

const make = () => wine;
const state =
	(command: "doctor" | "audit", ...words: string[]) =>
	async (_: Wine, id: string): Promise<string | undefined> => {
		const { result, error } = await ask(wine, [command, "--only", id, ...words]);
		const checks: { id: string; state: string }[] = result?.checks ?? [];
		return checks.find((check) => check.id === id)?.state ?? error?.message;
	};

/** Sets one value below HKLM, and takes the key away after the test. */
const machineValue = (key: string, name: string, value: string | number) => async (): Promise<void> => {
	const at = JSON.stringify(key);
	const set = typeof value === "number" ? "setValueDWORD" : "setValueSZ";
	await wine.evaluate(`
		const reg = require("native-reg");
		reg.${set}(reg.createKey(reg.HKLM, ${at}, reg.Access.ALL_ACCESS), ${JSON.stringify(name)}, ${JSON.stringify(value)});
	`);
	onTestFinished(async () => {
		await wine.evaluate(`
			const reg = require("native-reg");
			reg.deleteValue(reg.openKey(reg.HKLM, ${at}, reg.Access.ALL_ACCESS), ${JSON.stringify(name)});
		`);
	});
};

const profileKey = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-0-0-0-1000";
const uninstall = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\CFM";
const virtualIp = "SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\TSAppSrv\\VirtualIP";

bothWays("CFM-MACHINE-003", {
	...{ make, look: state("doctor") },
	provoke: machineValue(uninstall, "DisplayName", "CertifiO Manager - Server Edition"),
});
bothWays("CFM-MACHINE-004", {
	...{ make, look: state("doctor") },
	provoke: machineValue(virtualIp, "VirtualizeLoopbackAddressesEnabled", 1),
});
bothWays("CFM-MACHINE-005", { make, look: state("doctor"), provoke: machineValue(profileKey, "State", 0x800) });
bothWays("CFM-MACHINE-006", {
	...{ make, look: state("doctor") },
	provoke: machineValue(profileKey, "CentralProfile", "\\\\server\\profiles\\anna"),
});
bothWays("CFM-CLIENT-006", {
	...{ make, look: state("doctor") },
	provoke: () => believing({ windows: { installFolder: "%APPDATA%\\Notarius\\elsewhere" } }),
});
bothWays("CFM-REG-010", {
	make,
	provoke() {
		place = ["--registry", "\\\\server\\daten\\registry.db"];
		onTestFinished(() => {
			place = [];
		});
	},
	look: (_, id) => state("doctor", ...place)(wine, id),
});
let place: string[] = [];
bothWays("CFM-PORT-005", {
	...{ make, look: state("doctor") },
	provoke() {
		excluded("     24251       24254      ");
		onTestFinished(() => excluded());
	},
});
bothWays("CFM-AUDIT-012", {
	...{ make, look: state("audit") },
	// The stand-in is of version 2.1.0.
	provoke: () => believing({ rootCertificate: { name: "Notarius-CertifiO Manager", versions: ["2.1"] } }),
});

function believing(profile: Record<string, unknown>): void {
	believe(wine, profile);
	onTestFinished(() => believe(wine, {}));
}

/** What netsh answers: a table of excluded ranges, with these rows. */
function excluded(...rows: string[]): void {
	const head = ["", "Protocol tcp Port Exclusion Ranges", "", "Start Port    End Port", "----------    --------"];
	netsh.answer({ output: [...head, ...rows, "", "* - Administered port exclusions.", ""].join("\r\n") });
}
