import { existsSync } from "node:fs";
import type { ClientFiles } from "./adapters/client-files/client-files.js";
import type { Owner } from "./adapters/isolation/become.js";
import type { Host } from "./host/host.js";
import { asked, writeOutFile } from "./hot-host.js";
import { isOnServer } from "./registry/location.js";
import { language } from "./text.js";

/** The machine `cfm` runs on. Every part is loaded when it is asked for: most commands need one. */
export const thisHost: Host = {
	...asked,
	async openRegistry(location, options) {
		if (isOnServer(location)) return (await import("./adapters/registry-postgres/open.js")).open(location, options);
		return (await import("./adapters/registry-sqlite/open.js")).openSqliteRegistry(location, options);
	},
	async accountStates(names) {
		if (process.platform !== "win32") return (await import("./adapters/linux/account-states.js")).accountStates(names);
		return (await import("./adapters/windows/account-states.js")).accountStates(names, asked.name());
	},
	async principal(name, kind) {
		if (process.platform !== "win32")
			return (await import("./adapters/linux/principal.js")).principalCalled(name, kind);
		return (await import("./adapters/windows/account-names.js")).principalCalled(name);
	},
	async machine() {
		if (process.platform === "win32") {
			const [{ temporaryVariables }, { windowsMachine }] = await Promise.all([
				import("./adapters/files/temporary.js"),
				import("./adapters/windows/machine.js"),
			]);
			return windowsMachine(temporaryVariables, await clientFiles());
		}
		return (await import("./adapters/linux/machine.js")).linuxMachine({ files: await clientFiles() });
	},
	async browsers(home, limits) {
		const [{ isolatedBrowsers, lockNews }, early] = await Promise.all([
			import("./adapters/browsers/isolated.js"),
			import("./adapters/isolation/early.js"),
		]);
		const { memoryMegabytes } = limits;
		const ending = endingOf();
		const source = {
			ways: early.waysToStart(ending, memoryMegabytes),
			start: early.newReader,
			early: early.takeEarly("web", memoryMegabytes),
			news: lockNews(early.takeLocks(), early.readLocks),
			waysToWrite: (owner: Owner | null) => early.waysToWrite(ending, memoryMegabytes, owner ?? undefined),
			waysToEdit: (more: number) => early.waysToEdit(ending, memoryMegabytes + more),
		};
		return isolatedBrowsers(limits, source, home);
	},
	async windows(around) {
		if (process.platform !== "win32") throw (await import("./self/check.js")).notWindowsError();
		const [machine, network, { networkName }, { seenWindows }] = await Promise.all([
			this.machine(),
			this.network(),
			import("./adapters/files/guard.js"),
			import("./adapters/windows/looks.js"),
		]);
		const isOnNetwork = (folder: string) => networkName(folder) !== undefined;
		return seenWindows({ ...around, machine, network, isOnNetwork });
	},
	async program() {
		return (await import("./adapters/files/program.js")).seenProgram();
	},
	async updates() {
		return (await import("./adapters/files/updates.js")).updatesOf();
	},
	async surroundings(variables) {
		if (process.platform !== "win32") {
			const { linuxSurroundings } = await import("./adapters/linux/surroundings.js");
			return linuxSurroundings(variables, undefined, await clientFiles());
		}
		const [{ windowsSurroundings }, { WindowsRegistry }] = await Promise.all([
			import("./adapters/windows/surroundings.js"),
			import("./adapters/windows/registry.js"),
		]);
		return windowsSurroundings(await WindowsRegistry.open(), await clientFiles());
	},
	async certificates() {
		const [{ isolatedCertificates }, early] = await Promise.all([
			import("./adapters/openssl/isolated.js"),
			import("./adapters/isolation/early.js"),
		]);
		const ways = early.waysToJudge(endingOf(), early.usualMemory);
		return isolatedCertificates({ ways, start: early.newReader });
	},
	async signedMessages() {
		const [{ isolatedMessages }, early] = await Promise.all([
			import("./adapters/pkijs/isolated.js"),
			import("./adapters/isolation/early.js"),
		]);
		return isolatedMessages({ ways: early.waysToReadMessages(endingOf()), start: early.newReader });
	},
	async pdfs() {
		const [{ isolatedPdfs }, early] = await Promise.all([
			import("./adapters/pdfium/isolated.js"),
			import("./adapters/isolation/early.js"),
		]);
		return isolatedPdfs({ ways: early.waysToReadPdfs(endingOf()), start: early.newReader });
	},
	async tokens(limits, variables) {
		const [{ tokensHere }, early] = await Promise.all([
			import("./adapters/pkcs11/modules.js"),
			import("./adapters/isolation/early.js"),
		]);
		const takeEarly = () => early.takeEarly("tokens");
		return tokensHere(
			{ ways: early.waysToHold(endingOf(), variables), start: early.newReader, takeEarly },
			limits,
			variables,
		);
	},
	async stores() {
		const [{ readBelieved }, { readRegularFile }] = await Promise.all([
			import("./adapters/files/believed-file.js"),
			import("./adapters/files/trusted-file.js"),
		]);
		const files = {
			believed: async (file: string) => readBelieved(file),
			file: async (file: string) => readRegularFile(file),
		};
		if (process.platform !== "win32") {
			return { ...(await import("./adapters/linux/certificate-stores.js")).linuxStores, ...files };
		}
		return { ...(await import("./adapters/windows/certificate-stores.js")).windowsStores, ...files };
	},
	async fetcher(variables) {
		const { fetchOver } = await import("./adapters/fetch/fetch.js");
		return (request) => fetchOver(request, variables);
	},
	async readSecret(file) {
		return (await import("./adapters/files/secret-file.js")).readSecret(file) as Buffer;
	},
	async draftMail(draft) {
		return (await import("./adapters/mail/draft.js")).draftMail(draft);
	},
	async scheduler() {
		if (process.platform === "win32") {
			const [{ taskScheduler }, { isElevatedWindows }] = await Promise.all([
				import("./adapters/scheduler/task-scheduler.js"),
				import("./adapters/windows/trusted-folder.js"),
			]);
			return taskScheduler(isElevatedWindows);
		}
		// systemd's own way to say that it runs this machine: sd_booted(3).
		return existsSync("/run/systemd/system")
			? (await import("./adapters/scheduler/systemd.js")).systemdScheduler()
			: (await import("./adapters/scheduler/cron.js")).cronScheduler();
	},
	async calendarFile(calendar) {
		return (await import("./adapters/calendar/ics.js")).calendarFile(calendar);
	},
	async letters(wanted) {
		if (wanted === language) return import("../letters.js");
		return (await import("./adapters/languages/letters.js")).lettersIn(wanted);
	},
	async sendMail(mail, server) {
		return (await import("./adapters/mail/send.js")).sendMail(mail, server);
	},
	async workFolder() {
		return (await import("./adapters/files/work-folder.js")).makeWorkFolder();
	},
	async registries(location, secrets) {
		if (isOnServer(location))
			return (await import("./adapters/registry-postgres/provider.js")).postgresRegistries(secrets);
		return (await import("./adapters/registry-sqlite/provider.js")).sqliteRegistries;
	},
	async keptLogs() {
		return (await import("./adapters/files/logs.js")).keptLogs();
	},
	files: {
		write: writeOutFile,
		async writeZip(file, files, options) {
			return (await import("./adapters/files/zip.js")).writeZip(file, files, options);
		},
		async appendTo(file) {
			return (await import("./adapters/files/append.js")).appendTo(file);
		},
		async writeFolder(folder, files, options) {
			return (await import("./adapters/files/out-folder.js")).writeOutFolder(folder, files, options);
		},
		async extensionKey(file) {
			return (await import("./adapters/files/extension-key.js")).extensionKey(file);
		},
	},
};

let files: Promise<ClientFiles> | undefined;

/** One reader serves everything that a command asks of users' clients. */
function clientFiles(): Promise<ClientFiles> {
	files ??= openClientFiles();
	return files;
}

/** Whoever has only their own rights gives away none by looking. */
async function openClientFiles(): Promise<ClientFiles> {
	if (!(await mayHaveRightsOfOthers())) {
		if (process.platform === "win32") await (await import("./adapters/windows/hold-folder.js")).holdFoldersHere();
		return (await import("./adapters/client-files/client-files.js")).clientFilesHere;
	}
	const [{ isolatedClientFiles }, { runningPrograms }, early] = await Promise.all([
		import("./adapters/client-readers/isolated.js"),
		process.platform === "win32" ? import("./adapters/windows/running.js") : import("./adapters/linux/running.js"),
		import("./adapters/isolation/early.js"),
	]);
	const ending = endingOf();
	const { usualMemory } = early;
	return isolatedClientFiles({
		ways: early.waysToStart(ending, usualMemory),
		start: early.newReader,
		early: early.takeEarly("client"),
		waysToWrite: (owner) => early.waysToWrite(ending, usualMemory, owner ?? undefined),
		isRunning: runningPrograms(),
	});
}

/** Whether `cfm` runs with an administrator's rights, or Windows does not say it. */
async function mayHaveRightsOfOthers(): Promise<boolean> {
	if (process.platform !== "win32") return process.geteuid?.() === 0;
	const { elevated } = await (await import("./adapters/windows/registry.js")).WindowsRegistry.open();
	return !elevated.known || elevated.value;
}

/** What bundles of the language that is spoken end with. */
const endingOf = () => (language === "en" ? "" : `.${language}`);
