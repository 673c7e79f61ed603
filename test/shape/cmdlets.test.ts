/** What the PowerShell module is made of: names that PowerShell approves, and instants that become dates by their fields' names. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cmdletsOf, examplesOf } from "../../scripts/module.mjs";
import { valueKind } from "../../src/lib/cli/value-kinds.js";
import { loadAll } from "../../src/main.js";

interface Cmdlet {
	name: string;
	parts: { id: string; rows?: string }[];
	parameters: { parameter: { name: string; flag?: string } }[];
}

const approved = new Set(
	`Add Backup Clear Compare Complete Find Export Get Grant Import Initialize Install Invoke Lock Measure Move New Protect Register Remove
	Rename Repair Restore Resume Save Send Set Step Start Stop Suspend Test Undo Uninstall Unregister Update Use`.split(
		/\s+/,
	),
);
const cmdlets = cmdletsOf(await loadAll(), valueKind) as unknown as Cmdlet[];

it("every cmdlet has a verb that PowerShell approves, and an example", () => {
	for (const cmdlet of cmdlets) {
		expect(approved, cmdlet.name).toContain(cmdlet.name.split("-")[0]);
		expect((examplesOf(cmdlet) as unknown[]).length, cmdlet.name).toBeGreaterThan(0);
	}
});

it("at most a list and what shows one of it are one cmdlet", () => {
	for (const { name, parts } of cmdlets.filter((one) => one.parts.length > 1)) {
		const verbs = parts.map(({ id }) => id.split(" ").at(-1)).join(" ");
		expect(["list show", "list get"], `${name}: ${verbs}`).toContain(verbs);
	}
});

it("every instant in a sample is in a field whose name says so", () => {
	const caller = readFileSync(join(import.meta.dirname, "..", "..", "scripts", "module", "caller.ps1"), "utf8");
	const rule = new RegExp(/\$script:instantName = '(.*)'/.exec(caller)?.[1] ?? "");
	const folder = join(import.meta.dirname, "samples");
	const others = new Set<string>();
	const look = (value: unknown, name: string): void => {
		if (typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !rule.test(name))
			others.add(name);
		else if (Array.isArray(value)) for (const one of value) look(one, name);
		else if (value !== null && typeof value === "object")
			for (const [key, one] of Object.entries(value)) look(one, key);
	};
	for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
		look(JSON.parse(readFileSync(join(folder, file), "utf8")).result, "");
	}
	// What somebody said: a day or an instant, and so a text.
	expect([...others].filter((name) => name !== "granted")).toEqual([]);
});
