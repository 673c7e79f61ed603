// What cmdlets are called: `cfm ids release` is Remove-CfmId. A command of a noun that is not named here gets a name by the same
// rule; one whose verb is not named here has no cmdlet, and Invoke-Cfm runs it.

/** The noun of each topic's cmdlets, and of commands that have no topic. */
const nouns = {
	ids: "Id",
	users: "User",
	client: "Client",
	web: "WebId",
	"web backups": "WebBackup",
	"web policy": "WebPolicy",
	doctor: "Health",
	"doctor baseline": "Baseline",
	"doctor suppressions": "Suppression",
	certs: "Certificate",
	"certs access": "CertificateAccess",
	config: "Setting",
	self: "Program",
};

/** Verbs that PowerShell approves, by the last word of a command. */
const verbs = {
	add: "Add",
	allocate: "New",
	backup: "Backup",
	cancel: "Stop",
	check: "Test",
	clear: "Clear",
	complete: "Complete",
	detect: "Find",
	export: "Export",
	forget: "Remove",
	get: "Get",
	grant: "Grant",
	import: "Import",
	learn: "Measure",
	list: "Get",
	migrate: "Update",
	move: "Move",
	refresh: "Update",
	register: "Register",
	release: "Remove",
	remove: "Remove",
	rename: "Rename",
	renew: "Update",
	repair: "Repair",
	restore: "Restore",
	retire: "Unregister",
	save: "Save",
	set: "Set",
	show: "Get",
	step: "Step",
	test: "Test",
	update: "Update",
	use: "Use",
	verify: "Test",
};

/** Where the two words do not say it. `null`: no cmdlet. */
const names = {
	help: null,
	completion: null,
	"completion suggest": null,
	init: "Initialize-CfmRegistry",
	install: "Install-CfmClient",
	uninstall: "Uninstall-CfmClient",
	me: "Get-CfmMyself",
	status: "Get-CfmStatus",
	find: "Find-CfmRecord",
	undo: "Undo-CfmChange",
	doctor: "Test-CfmHealth",
	audit: "Test-CfmConsistency",
	"doctor bundle": "Export-CfmSupportBundle",
	"doctor suppress": "Add-CfmSuppression",
	"doctor baseline diff": "Compare-CfmBaseline",
	"ids history": "Get-CfmHistory",
	"ids reserve": "Lock-CfmId",
	"activations due": "Get-CfmActivationDue",
	"activations letter": "Export-CfmActivationLetter",
	"certs due": "Get-CfmCertificateDue",
	"certs scan": "Compare-CfmCertificate",
	"certs inspect": "Get-CfmCertificateFile",
	"ports reserve-block": "Protect-CfmPort",
	"ports learn": "Measure-CfmPortRule",
	"registry info": "Get-CfmRegistry",
	"web steps": "Get-CfmWebStep",
};

/** The rows of a result, where a command of the same noun lists something else. */
export const rowsOf = {
	doctor: "findings",
	audit: "findings",
	"web set": "changes",
	"web clear": "changes",
	"web repair": "changes",
};

/** What a table shows of rows that no list declares; of other lists, the first fields. */
export const shownOf = {
	"Cfm.Health": ["id", "severity", "state", "text"],
	"Cfm.Consistency": ["id", "severity", "state", "text"],
	"Cfm.WebIdChange": ["user", "browser", "site", "before", "after", "outcome"],
	"Cfm.WebId": ["user", "browser", "profile", "site", "webId", "expectedId", "verdict"],
};

/** Examples that only PowerShell has: what is typed, and what it is about. */
export const moreExamples = {
	"New-CfmId": [
		["Import-Csv users.csv | New-CfmId -Domain CORP", "All users of a list, by one request"],
		["'CORP\\gil', 'CORP\\hal' | New-CfmId -WhatIf", "The plan, and nothing changed"],
	],
	"Get-CfmId": [["Get-CfmId -State allocated | Where-Object id -lt 10", "Rows are objects"]],
};

/** `activations` → `Activation`, `doctor` → `Health`. */
function nounOf(topic) {
	if (nouns[topic] !== undefined) return nouns[topic];
	const words = topic.split(" ").map((word) => word.replace(/ies$/, "y").replace(/s$/, ""));
	return words.map(pascal).join("");
}

/** `note-column` → `NoteColumn` */
export const pascal = (name) => name.replace(/(^|-)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());

/** The cmdlet of a command and the noun of its rows; undefined when it has none. */
export function cmdletOf(id) {
	const topic = id.split(" ").slice(0, -1).join(" ");
	const verb = verbs[id.split(" ").at(-1)];
	if (names[id] === null) return undefined;
	const name = names[id] ?? (topic === "" || verb === undefined ? undefined : `${verb}-Cfm${nounOf(topic)}`);
	return name === undefined ? undefined : { name, type: `Cfm.${name.replace(/^.*-Cfm/, "")}` };
}
