import { t } from "../text.js";

/**
 * What `cfm` believes of Windows and of what runs there, each with what that rests on. One list for three readers:
 * `cfm self check --windows` looks at those with a `look`, docs/first-day-on-windows.md has those with a `day` to try by
 * hand, docs/not-yet-seen.md has them all.
 */
export interface WindowsFact {
	/** What is to be seen. */
	what: string;
	/** What `cfm` does about it. */
	does: string;
	/** Who has seen it: documentation, a test, nobody. */
	rests: string;
	/**
	 * `run here`: the tests run it, on Linux or under Wine. `recorded`: tests read what real systems answered, or what their
	 * documentation lays down. `unseen`: nobody has seen `cfm` do it.
	 */
	seen: "run here" | "recorded" | "unseen";
	/** Tests that show it; none of what is unseen needs one. */
	tests: readonly string[];
	look?: readonly Look[];
	/** Steps of the first day, in order. */
	day?: readonly Step[];
}

/** Something that `cfm` can look at without changing anything. */
export interface Look {
	id: LookId;
	title: string;
	expected: string;
}

/** Something to try by hand. */
export interface Step {
	/** Who does it: in an elevated window, as an ordinary user, or anybody. */
	as: "administrator" | "user" | "both";
	/** Markdown. */
	try: string;
	expect: string;
}

export type LookId =
	| "elevation"
	| "own-account"
	| "account-names"
	| "other-hives"
	| "own-port"
	| "port-owners"
	| "connection-tables"
	| "sessions"
	| "trusted-folder"
	| "parent-folders"
	| "access-lists"
	| "signature"
	| "powershell"
	| "excluded-ports"
	| "reserved-port"
	| "network-share"
	| "running-browsers"
	| "readers"
	| "client";

export const windowsFacts: readonly WindowsFact[] = [
	{
		what: "loopback IP virtualization of Remote Desktop",
		does: "`doctor` reads `TSAppSrv\\VirtualIP` below `Terminal Server` and `TerminalServer`, in all published spellings of the value",
		rests: "TechNet and the WMI class, which spell it differently; of Citrix only the effect is known",
		seen: "recorded",
		tests: ["test/lib/adapters/windows/surroundings.test.ts"],
	},
	{
		what: "temporary, mandatory and roaming profiles",
		does: "`doctor` reads `State` (0x1, 0x800) and `CentralProfile` in the list of profiles",
		rests: "others' descriptions",
		seen: "recorded",
		tests: ["test/lib/adapters/windows/surroundings.test.ts"],
	},
	{
		what: "policies of Chrome and Edge, and a user's proxy settings, in the Windows Registry",
		does: "`doctor` reads the values below `SOFTWARE\\Policies`, lists with numbered entries, and `Internet Settings` of the user",
		rests: "documentation",
		seen: "recorded",
		tests: ["test/lib/adapters/windows/surroundings.test.ts"],
	},
	{
		what: "administrators' rights (UAC)",
		does: "elevated if `cfm` can open the hive of the local service (S-1-5-19)",
		rests: "under Wine everybody can open that hive",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "elevation",
				title: t`Administrators' rights`,
				expected: t`the hive of the local service and the token say the same`,
			},
		],
	},
	{
		what: "who runs `cfm`",
		does: "the token's SID, the session's name (`GetUserNameExW`); not `USERDOMAIN`",
		rests: "no OpenSSH, no Entra ID",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "own-account",
				title: t`Who runs cfm`,
				expected: t`a domain and a name that Windows knows as a person's account`,
			},
		],
		day: [
			{
				as: "user",
				try: "by OpenSSH as a local account, `cfm client show`",
				expect: "the account is `SERVER\\name`, not one of the domain",
			},
		],
	},
	{
		what: "other accounts' names, and which names are accounts",
		does: "`LsaLookupSids` for all SIDs in one call, `LookupAccountNameW` for the warning about `CORPana`; after 10 seconds without an answer, `cfm` uses the folders' names, expects no ID and does not warn",
		rests: "under Wine, without a domain controller",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "account-names",
				title: t`Names of other accounts`,
				expected: t`every profile has an account's name, within 10 s`,
			},
		],
		day: [
			{
				as: "administrator",
				try: "without its domain controller, `cfm client list`",
				expect: "the list within 15 s, folders' names where Windows has none",
			},
		],
	},
	{
		what: "other users' hives",
		does: "reads their client ID under `HKU\\<SID>`, if the hive is loaded",
		rests: "under Wine all users have one SID",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "other-hives",
				title: t`Other users' hives`,
				expected: t`an administrator can read the hive of everybody who is logged on`,
			},
		],
	},
	{
		what: "the owner of a port",
		does: "`GetExtendedTcpTable` in process, then image, token, session and start time of the process. Process 4 (http.sys) is LocalSystem's",
		rests: "one's own programs under Wine; rows by documented layout",
		seen: "run here",
		tests: ["test/lanes/wine/ports.test.ts", "test/lib/adapters/windows/tcp-table.test.ts"],
		look: [
			{
				id: "own-port",
				title: t`The owner of a port`,
				expected: t`a port that cfm opens belongs to its own process, program, account and session`,
			},
			{
				id: "connection-tables",
				title: t`Tables of connections`,
				expected: t`those of IPv4 and IPv6 can both be read`,
			},
		],
		day: [
			{
				as: "administrator",
				try: "`cfm ports list --watch`, then Ctrl-C",
				expect: "exit code 130 (`$LASTEXITCODE`)",
			},
		],
	},
	{
		what: "other users' processes",
		does: "an elevated `cfm` switches `SeDebugPrivilege` on, else asks the list of Remote Desktop (`WTSEnumerateProcessesExW`); otherwise `null` and `unknown`",
		rests: "under Wine nobody sees others' processes",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "port-owners",
				title: t`Owners of all ports`,
				expected: t`an administrator sees process, account and session of every listener`,
			},
		],
		day: [
			{
				as: "user",
				try: "while a second user's client runs, `cfm ports list --ids-only --json`",
				expect: "its user is `null` and in `unknown`; a warning",
			},
		],
	},
	{
		what: "who is logged on in which sessions",
		does: "`WTSEnumerateSessionsExW` in process; without an answer nothing is said",
		rests: "rows by documented layout; Wine has no sessions",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "sessions",
				title: t`Sessions`,
				expected: t`this session is listed with this account`,
			},
		],
	},
	{
		what: "access lists",
		does: "the folder is created with its descriptor; owner and list of folder, files and parents are read at every use ([registry](registry.md#who-may-do-what)). What is written for an administrator, and the log of `CFM_LOG`, goes into no folder that others can change. Elevated work is done below `%ProgramData%`, in folders created closed",
		rests: "layout and verdicts; under Wine no owner",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "trusted-folder",
				title: t`The folder of cfm`,
				expected: t`only administrators and the system can change it`,
			},
			{
				id: "parent-folders",
				title: t`Folders above it`,
				expected: t`nobody else can replace ProgramData; everybody can write to the system's folder for temporary files`,
			},
			{
				id: "access-lists",
				title: t`The disk`,
				expected: t`the disk of the registry keeps access lists`,
			},
		],
		day: [
			{
				as: "administrator",
				try: "`cfm init --domain CORP`, then `icacls C:\\ProgramData\\cfm` and `dir /q C:\\ProgramData`",
				expect: "Administrators and SYSTEM only; owner: Administrators",
			},
			{ as: "user", try: "`cfm ids list --json`", expect: "exit code 5" },
			{
				as: "administrator",
				try: "`icacls FOLDER /grant USER:M` for a second user, then `cfm init --adopt --registry FOLDER\\registry.db`",
				expect: "the answer names the user; `icacls FOLDER` does not",
			},
		],
	},
	{
		what: "reserved and excluded ports",
		does: "`net stop winnat`, `netsh … add excludedportrange`, `net start winnat`, then checks whether Windows lists the block. A bind that fails with WSAEACCES (10013) is `excluded`, or `in-use` where somebody has the port on all addresses",
		rests: "users' reports, also that a program still gets a reserved port that it asks for",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "reserved-port",
				title: t`A port that Windows keeps`,
				expected: t`binding it fails as excluded`,
			},
		],
		day: [
			{
				as: "administrator",
				try: "`cfm ports check` with an ID whose port `netsh int ipv4 show excludedportrange tcp` shows",
				expect: "exit code 4, reason `excluded`",
			},
			{
				as: "administrator",
				try: "`cfm ports reserve-block --yes`, then log on as a user with a client",
				expect: "the block is listed with a star; the client listens in it",
			},
		],
	},
	{
		what: "`netsh`",
		does: "reads numbers and dashes by position, in any language and code page",
		rests: "[output that users published](../test/lib/adapters/windows/netsh/README.md)",
		seen: "recorded",
		tests: ["test/lib/adapters/windows/netsh.test.ts"],
		look: [
			{
				id: "excluded-ports",
				title: t`Excluded and dynamic ports`,
				expected: t`netsh prints both tables, and cfm can read them`,
			},
		],
	},
	{
		what: "Authenticode",
		does: "`WinVerifyTrust` in process, with the signer's chain and who confirmed the time; Windows PowerShell if koffi cannot be loaded",
		rests: "under Wine, with a real signature, without who confirmed the time",
		seen: "run here",
		tests: ["test/lanes/wine/signature.test.ts", "test/lib/adapters/windows/authenticode.test.ts"],
		look: [
			{
				id: "signature",
				title: t`Signatures`,
				expected: t`Node's own program is validly signed, with a chain and a confirmed time`,
			},
			{
				id: "powershell",
				title: t`Windows PowerShell`,
				expected: t`it says the same of that signature`,
			},
		],
		day: [
			{
				as: "administrator",
				try: "from PowerShell 7, `cfm install --dry-run --silent --id 7 --installer VENDOR.exe --signer Notarius`",
				expect: "the signer is named",
			},
		],
	},
	{
		what: "network shares",
		does: "recognizes a UNC path, and a mapped drive whose real path is one",
		rests: "UNC paths under Wine, no mapped drives",
		seen: "run here",
		tests: ["test/lanes/wine/in-use.test.ts", "test/lib/adapters/files/network-disk.test.ts"],
		look: [
			{
				id: "network-share",
				title: t`Network shares`,
				expected: t`drives that are on another machine are recognized`,
			},
		],
		day: [
			{
				as: "administrator",
				try: "`cfm init --registry \\\\localhost\\c$\\cfm\\registry.db`, then the same on a mapped drive",
				expect: "exit code 2, code `registry-on-network`, twice",
			},
		],
	},
	{
		what: 'browsers\' policies on Windows, and the "clear on exit" switches of Edge, Brave and LibreWolf',
		does: "says which web IDs will not stay ([browsers that forget](web-ids.md#browsers-that-forget))",
		rests: "a Windows Registry of the tests; Chromium and Firefox on Linux",
		seen: "recorded",
		tests: ["test/lib/adapters/browsers/forgets.test.ts"],
	},
	{
		what: "the folders of Opera's channels and side profiles, Yandex, LibreWolf and Waterfox",
		does: "looks into them as into those of other browsers",
		rests: "users' reports; folders of the tests",
		seen: "recorded",
		tests: ["test/lib/adapters/browser-profiles/windows.test.ts"],
	},
	{
		what: "browsers on Windows",
		does: "finds profiles by their folders and policies ([web IDs](web-ids.md)); opens the lock files of Chromium and Firefox so that nobody else has them open; leaves `DOMStore` of Internet Explorer and old Edge alone; of Firefox 57 to 67 takes `webappsstore.sqlite` for the live store if `storage/ls-archive.sqlite` is missing; knows a Firefox on another machine by its link `lock`",
		rests: "real browsers on Linux; their files and locks under Wine",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "running-browsers",
				title: t`Running browsers`,
				expected: t`a browser that runs has a profile that cfm sees in use`,
			},
		],
		day: [
			{
				as: "administrator",
				try: "with a second user's Chrome open, `cfm web list`, `cfm web set --user USER --all-sites`; so with Edge, Firefox",
				expect: "state `running`; `in-use`, and nothing written",
			},
		],
	},
	{
		what: "links and junctions in users' folders",
		does: "holds each folder open without `FILE_SHARE_DELETE`, with all that lead to it, and compares its real path with where it should be, so that junctions by volume GUID are refused, too. An empty folder could still become a link in its place: its identity is compared before each use, and a new file must be where it should be before anything is written to it",
		rests: "held folders and links under Wine, which makes no junctions",
		seen: "unseen",
		tests: [],
		day: [
			{
				as: "user",
				try: "`mklink /J` by volume GUID (`\\\\?\\Volume{…}\\Windows`, from `mountvol`) in place of `Local Storage` of a closed Chrome profile; then, as administrator, `cfm web list`",
				expect: "state `denied`",
			},
		],
	},
	{
		what: "readers of users' files on Windows",
		does: "before the first request they remove their privileges, lower their integrity and enter a job with a memory limit",
		rests: "the calls run under Wine",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "readers",
				title: t`Readers of users' files`,
				expected: t`they give up all but the network`,
			},
		],
	},
	{
		what: "the vendor's installer and client",
		does: "runs `/S /CFMID=<id>`, then checks the places that the [client profile](client-profile.md) specifies; return codes by the table of [cfm install](commands/install.md); the port is `base + stride × ID`, or what `cfm ports learn` finds",
		rests: "the vendor's help page; conventions of Windows Installer and NSIS; guesses; a stand-in",
		seen: "unseen",
		tests: [],
		look: [
			{
				id: "client",
				title: t`The client of this account`,
				expected: t`it is where the client profile says`,
			},
		],
		day: [
			{
				as: "administrator",
				try: "after an installation, `cfm client detect`",
				expect: "no difference from the client profile",
			},
			{
				as: "both",
				try: "log off and on, then `cfm client show`, `cfm ports list`",
				expect: "it runs, its port is `ok`",
			},
			{
				as: "administrator",
				try: "with several clients running, `cfm ports learn`",
				expect: "a rule, or the reason why there is none",
			},
		],
	},
	{
		what: "programs refused by AppLocker or App Control",
		does: "Node says `UNKNOWN`; `cfm` says that a policy or a virus scanner may be the reason",
		rests: "documentation",
		seen: "unseen",
		tests: [],
		day: [
			{
				as: "user",
				try: "where a policy blocks the installer, `cfm install --silent --id N --installer FILE`",
				expect: "code `installer-not-started`, which names policies",
			},
		],
	},
	{
		what: "Intune, Configuration Manager, logon scripts, Active Setup",
		does: "`--pass-through-codes` ([mapping](deployment-tools.md)); [install-on-logon](recipes/install-on-logon.md)",
		rests: "codes and script were run, no deployment tool",
		seen: "unseen",
		tests: [],
		day: [
			{
				as: "both",
				try: "deploy [install-on-logon](recipes/install-on-logon.md) to one user",
				expect: "success; a second log-on changes nothing",
			},
		],
	},
	{
		what: "the extension by policy on Windows",
		does: "`.reg` files for HKLM and for each user's SID, a task at logon",
		rests: "Chromium on Linux",
		seen: "unseen",
		tests: [],
		day: [
			{
				as: "administrator",
				try: "`cfm web policy export`, import the files, open `chrome://policy` and `edge://policy` as a user; then again with another ID",
				expect: "the policies are listed; the new ID arrives within 15 minutes (how many?)",
			},
		],
	},
	{
		what: "container profiles (FSLogix), folder redirection",
		does: "a home without `AppData` is unreachable; `cfm` reports redirected folders and does not look into them",
		rests: "documentation",
		seen: "unseen",
		tests: [],
		day: [
			{
				as: "administrator",
				try: "with container profiles, `cfm web list` while a user is logged off",
				expect: "their profile is `unreachable`, not empty",
			},
		],
	},
	{
		what: "power loss on NTFS",
		does: "SQLite with `synchronous=FULL`",
		rests: "a model on Linux",
		seen: "unseen",
		tests: [],
		day: [
			{
				as: "administrator",
				try: "allocate IDs in a loop that prints them, cut the (virtual) machine's power, start it, `cfm registry check`",
				expect: "no problem, every printed ID is there",
			},
		],
	},
	{
		what: "Ctrl-C, and the window that is closed",
		does: "`cfm.exe` ends with 130 after Ctrl-C; waits for Node when the window is closed; no Node is left behind",
		rests: "Ctrl-C under Wine",
		seen: "unseen",
		tests: [],
		day: [
			{
				as: "administrator",
				try: "during `cfm ports list --watch`, end `cfm.exe` in the task manager; again, close the window",
				expect: "no `node.exe` is left",
			},
		],
	},
	{
		what: "arm64",
		does: "native parts are in `dist`",
		rests: "not run",
		seen: "unseen",
		tests: [],
		day: [{ as: "both", try: "on Windows for arm64, `cfm self check --windows`", expect: "the same as elsewhere" }],
	},
	{
		what: "consoles",
		does: "text as UTF-16, colours, tables (in ASCII where the code page has no lines)",
		rests: "Wine's console, code pages 437, 850, 1252, 65001",
		seen: "run here",
		tests: ["test/lanes/wine/console.test.ts"],
		day: [
			{
				as: "both",
				try: "`chcp`, then `cfm ids list`, in cmd.exe, Windows PowerShell and Windows Terminal",
				expect: "straight lines, accents as they are, no `←[`",
			},
		],
	},
	{
		what: "whether the client runs",
		does: "opens the program's file for writing: a running program causes a sharing violation",
		rests: "under Wine; a scanner that holds the file looks the same",
		seen: "run here",
		tests: ["test/lanes/wine/client.test.ts"],
	},
	{
		what: "locks of browsers",
		does: "opens `lockfile`, `LOCK` and `parent.lock` so that nobody else has them open, while it reads or replaces files",
		rests: "under Wine, with the browsers' own flags",
		seen: "run here",
		tests: ["test/lanes/wine/in-use.test.ts"],
	},
	{
		what: "an installer that hangs, ends too early, or outlives `cfm`",
		does: "it is started detached; every process that it started is ended, found by who started whom (Toolhelp), looked at four times a second, but for the client",
		rests: "under Wine",
		seen: "run here",
		tests: ["test/lanes/wine/install.test.ts"],
		day: [
			{
				as: "administrator",
				try: "`cfm install --timeout 5` with a program that never ends",
				expect: "exit code 7, nothing of it runs",
			},
		],
	},
	{
		what: "names that a scanner holds for a moment",
		does: "renaming and deleting is tried for 2 seconds",
		rests: "under Wine, with a program that holds the file",
		seen: "run here",
		tests: ["test/lib/adapters/disk/names.test.ts", "test/lanes/wine/in-use.test.ts"],
	},
	{
		what: "`cfm.cmd` and `cfm.exe`",
		does: "start the Node beside them, pass on every argument, clear `NODE_*`; elevated no Node from PATH; CFM_PARENT names the shell that called",
		rests: "under Wine, with its own `cmd.exe`",
		seen: "run here",
		tests: ["test/lanes/wine/start.test.ts"],
	},
	{
		what: "a client that was installed for the whole machine",
		does: "uninstall entries below HKLM, also those of 32 bits, by name",
		rests: "a Windows Registry of the tests",
		seen: "recorded",
		tests: ["test/lib/adapters/windows/shared-client.test.ts"],
	},
	{
		what: "who holds a port without listening; sockets of a block",
		does: "`GetExtendedTcpTable` with all sockets, in process",
		rests: "recorded rows",
		seen: "recorded",
		tests: ["test/lib/adapters/windows/tcp-table.test.ts"],
	},
	{
		what: "the event log of Windows (`log.event-log`, `notify.event-log`)",
		does: "`ReportEventW` under the source `cfm` in the Application log, once for each change, or for each run of notices",
		rests: "under Wine, which keeps nothing",
		seen: "run here",
		tests: ["test/lanes/wine/main-job.test.ts"],
		day: [
			{
				as: "administrator",
				try: "`cfm config set log.event-log yes --machine`, then `cfm ids allocate TEST\\event`",
				expect: "in the log Application, source `cfm`, one entry with command and request",
			},
		],
	},
	{
		what: "ConstrainedLanguage",
		does: "[nightly-check](recipes/nightly-check.md) works, every other recipe says why it can't",
		rests: "PowerShell 7.6.9 in that mode, no AppLocker",
		seen: "run here",
		tests: ["test/lanes/powershell"],
	},
	{
		what: "the tasks of `cfm schedule`, and what `schtasks` answers",
		does: "`/Create /XML`, `/Query /FO CSV /NH`, `/Query /XML`, `/Delete`; of a task only command, time and account are compared",
		rests: "documentation of its XML; its other answers are from memory, unverified",
		seen: "recorded",
		tests: ["test/lib/adapters/scheduler/tasks.test.ts"],
		day: [
			{
				as: "administrator",
				try: "`cfm schedule add notify`, `cfm schedule list`, then the same `add` again",
				expect:
					"a task `\\cfm\\notify` of SYSTEM in Task Scheduler; the list shows it; the second `add` says that it is so already",
			},
		],
	},
	{
		what: "`schtasks` with a space in the script's path",
		does: '`\\"` inside the action, after `--%`',
		rests: "taken apart by the C run-time's rules",
		seen: "recorded",
		tests: ["test/shape/recipes.test.ts"],
	},
	{
		what: "Windows PowerShell 5.1",
		does: "ASCII JSON; CSV as `Export-Csv` writes it, also UTF-16; tests hold the [recipes](recipes/README.md) to its language and its cmdlets",
		rests: "recorded files; PowerShell 7.6.9 that imitates 5.1's cmdlets",
		seen: "recorded",
		tests: ["test/shape/recipes.test.ts", "test/lanes/powershell"],
		day: [{ as: "administrator", try: "each [recipe](recipes/README.md) that you use", expect: "no error" }],
	},
	{
		what: "PowerShell 7 on Windows (`pwsh.exe`)",
		does: "the same",
		rests: "`pwsh` 7.6.9 on Linux, its SDK under Wine: no console, CIM or event log",
		seen: "run here",
		tests: ["test/lanes/powershell"],
	},
	{
		what: "smart cards, their readers and PIN pads",
		does: "modules are asked by PKCS#11, each in a process of its own; the smart card service is asked whether it runs",
		rests: "SoftHSM and modules of the tests; no card, reader or PIN pad",
		seen: "run here",
		tests: ["test/lanes/signing"],
	},
	{
		what: "the setup program: PATH, PSModulePath, the entry in *Apps*, files in use",
		does: "its own helper writes PATH and PSModulePath; what is in use is replaced at the next start (3010)",
		rests: "under Wine, without *Apps* and restart",
		seen: "run here",
		tests: ["test/lanes/wine/bundle.test.ts"],
	},
	{
		what: "the folder that setup is given (`/D=`)",
		does: "refuses one that others than administrators could exchange, by the owner and the access list of each folder on the way; makes what is missing closed",
		rests: "access lists as Windows is documented to have them; folders under Wine",
		seen: "run here",
		tests: ["test/lanes/wine/bundle.test.ts"],
		day: [
			{
				as: "administrator",
				try: "`cfm-setup.exe /S /D=D:\\apps\\cfm`, where `D:\\apps` is as Explorer makes it",
				expect: "exit code 1603 on Windows 10; with `/LOG=` the account that could",
			},
		],
	},
	{
		what: "programs that an update from a file exchanges while they run",
		does: "a program that runs gets another name, and is removed at the next start of Windows",
		rests: "under Wine",
		seen: "run here",
		tests: ["test/lanes/wine/update.test.ts"],
	},
	{
		what: "the PowerShell module in Windows PowerShell 5.1",
		does: "its language and cmdlets are held to those of 5.1",
		rests: "`pwsh` 7.6.9 on Linux, its SDK under Wine",
		seen: "run here",
		tests: ["test/lanes/powershell/module.test.ts", "test/lanes/powershell/syntax.test.ts"],
	},
	{
		what: "an ordinary user's `cfm install --id N` without access to cfm's folder",
		does: "installs, unrecorded",
		rests: "Linux; under Wine everybody is elevated",
		seen: "run here",
		tests: ["test/e2e/install.test.ts"],
	},
];
