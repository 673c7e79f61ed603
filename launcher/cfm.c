/*
 * cfm.exe: starts Node with run.cjs, which stands beside this program, and hands it the rest of its own command line
 * character by character. A batch file cannot: cmd.exe reads the line first and acts on % ^ & | < > in it.
 *
 * `npm run build:launcher` makes bin/cfm.exe of it (docs/decisions/0011).
 */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>
#include <tlhelp32.h>

#define LONGEST 32767 /* of a command line, and of a path */

static HANDLE node_process;

/*
 * Ctrl-C goes to every program of the console: Node decides what it means, and this program waits for its exit code. When the
 * window is closed, or its user signs out, Windows ends each program as soon as its handler returns, and Node would end with
 * this one before it has cleaned up: so this one waits for it. Windows itself waits for neither longer than some seconds.
 */
static BOOL WINAPI leave_it_to_node(DWORD event) {
	if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT && node_process != NULL)
		WaitForSingleObject(node_process, INFINITE);
	return TRUE;
}

static int is_elevated(void) {
	HANDLE token;
	TOKEN_ELEVATION told = {0};
	DWORD length;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return 1;
	if (!GetTokenInformation(token, TokenElevation, &told, sizeof told, &length)) told.TokenIsElevated = 1;
	CloseHandle(token);
	return told.TokenIsElevated != 0;
}

/* NODE_OPTIONS and its like load code into Node, and a word that Node does not know ends it with 9, which is a code of ours. */
static void forget_node_settings(void) {
	static wchar_t name[LONGEST];
	wchar_t *all = GetEnvironmentStringsW();
	if (all == NULL) return;
	for (const wchar_t *at = all; *at; at += wcslen(at) + 1) {
		const wchar_t *end = wcschr(at + 1, L'=');
		if (_wcsnicmp(at, L"NODE_", 5) != 0 || end == NULL) continue;
		wcsncpy(name, at, end - at);
		name[end - at] = L'\0';
		SetEnvironmentVariableW(name, NULL);
	}
	FreeEnvironmentStringsW(all);
}

/* What stands on the command line after the program's own name, which alone is quoted without regard to backslashes. */
static const wchar_t *words(void) {
	const wchar_t *at = GetCommandLineW();
	int quoted = 0;
	for (; *at && (quoted || (*at != L' ' && *at != L'\t')); at++)
		if (*at == L'"') quoted = !quoted;
	while (*at == L' ' || *at == L'\t') at++;
	return at;
}

/*
 * Where Windows refuses a start for a moment, PowerShell asks which program opens cfm.exe, gets cfm.exe, and starts that with
 * the full path of cfm.exe as its first word (NativeCommandProcessor.InitNativeProcess; seen under Wine, one start of many
 * hundred). Nobody else says that.
 */
static const wchar_t *without(const wchar_t *own, const wchar_t *words) {
	int quoted = *words == L'"';
	size_t length = wcslen(own);
	const wchar_t *at = words + quoted;
	if (_wcsnicmp(at, own, length) != 0) return words;
	at += length;
	if (quoted && *at++ != L'"') return words;
	if (*at && *at != L' ' && *at != L'\t') return words;
	while (*at == L' ' || *at == L'\t') at++;
	return at;
}

static int is_file(const wchar_t *path) {
	DWORD attributes = GetFileAttributesW(path);
	return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/*
 * The Node that stands beside cfm, else the one on PATH; never one that lies in the current folder. With administrators' rights
 * only the one beside: a user's folder may be on PATH. An update that was cut off between two renames has it elsewhere.
 */
static int find_node(const wchar_t *folder, wchar_t *node, int elevated) {
	static wchar_t search[LONGEST];
	_snwprintf(node, LONGEST, L"%ls\\..\\node\\node.exe", folder);
	if (is_file(node)) return 1;
	_snwprintf(node, LONGEST, L"%ls\\..\\update\\old\\node\\node.exe", folder);
	if (is_file(node)) return 1;
	if (elevated) return 0;
	DWORD length = GetEnvironmentVariableW(L"PATH", search, LONGEST);
	if (length == 0 || length >= LONGEST) return 0;
	for (wchar_t *end, *at = search; at != NULL; at = end) {
		end = wcschr(at, L';');
		if (end != NULL) *end++ = L'\0';
		if (wcslen(at) < 3 || (at[1] != L':' && wcsncmp(at, L"\\\\", 2) != 0)) continue;
		_snwprintf(node, LONGEST, L"%ls\\node.exe", at);
		if (is_file(node)) return 1;
	}
	return 0;
}

/* When a process was started; 0 when Windows does not say. */
static ULONGLONG started_at(HANDLE process) {
	FILETIME created, ended, kernel, user;
	if (!GetProcessTimes(process, &created, &ended, &kernel, &user)) return 0;
	return ((ULONGLONG)created.dwHighDateTime << 32) | created.dwLowDateTime;
}

/* A number that is used anew is another process: the one that started this one is older. */
static int is_older(DWORD pid) {
	HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
	if (process == NULL) return 1;
	int older = started_at(process) <= started_at(GetCurrentProcess());
	CloseHandle(process);
	return older;
}

/*
 * Tells Node, in CFM_PARENT, what started this program: cmd.exe, pwsh.exe, bash.exe. In that shell its hints are pasted, and
 * asking from Node costs more than a whole command. Where it is not known, nobody else's answer must stand there.
 */
static void tell_parent(void) {
	SetEnvironmentVariableW(L"CFM_PARENT", NULL);
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	if (all == INVALID_HANDLE_VALUE) return;
	PROCESSENTRY32W entry = {.dwSize = sizeof entry};
	DWORD parent = 0, own = GetCurrentProcessId();
	for (BOOL more = Process32FirstW(all, &entry); more && parent == 0; more = Process32NextW(all, &entry))
		if (entry.th32ProcessID == own) parent = entry.th32ParentProcessID;
	entry.dwSize = sizeof entry;
	for (BOOL more = parent != 0 && Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
		if (entry.th32ProcessID != parent) continue;
		if (is_older(parent)) SetEnvironmentVariableW(L"CFM_PARENT", entry.szExeFile);
		break;
	}
	CloseHandle(all);
}

int wmain(void) {
	static wchar_t own[LONGEST], folder[LONGEST], node[LONGEST], line[LONGEST + 1];
	DWORD length = GetModuleFileNameW(NULL, own, LONGEST);
	wcscpy(folder, own);
	wchar_t *last = length == 0 || length == LONGEST ? NULL : wcsrchr(folder, L'\\');
	if (last == NULL) return 1;
	*last = L'\0';
	int elevated = is_elevated();
	if (!find_node(folder, node, elevated)) {
		fputs(elevated
			? "cfm runs as an administrator and takes only the Node beside it: put node.exe into the folder node beside bin.\n"
			: "cfm needs Node 22.14 or newer, 24 or 26, and there is none beside it or on PATH: get it from nodejs.org.\n", stderr);
		return 2;
	}
	forget_node_settings();
	int written = _snwprintf(line, LONGEST, L"\"%ls\" \"%ls\\run.cjs\" %ls", node, folder, without(own, words()));
	if (written < 0 || written >= LONGEST) {
		fputs("cfm: the command line is too long; give the users by --from.\n", stderr);
		return 2;
	}

	tell_parent();

	/*
	 * Who ends this program ends Node, too. What Node has started is not in the job (SILENT_BREAKAWAY; under Wine it is): of
	 * those, Node's own job ends each that it did not detach.
	 */
	HANDLE job = CreateJobObjectW(NULL, NULL);
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
	limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
	SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);

	SetConsoleCtrlHandler(leave_it_to_node, TRUE);
	STARTUPINFOW startup;
	GetStartupInfoW(&startup);
	PROCESS_INFORMATION process;
	/* A start that is refused for a moment succeeds when it is asked for again. */
	BOOL started = FALSE;
	for (int attempt = 0; attempt < 3 && !started; attempt++) {
		if (attempt > 0) Sleep(100);
		started = CreateProcessW(node, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &process);
	}
	if (!started) {
		fprintf(stderr, "cfm: Windows could not start Node (error %lu).\n", GetLastError());
		return 1;
	}
	node_process = process.hProcess;
	AssignProcessToJobObject(job, process.hProcess);
	ResumeThread(process.hThread);
	WaitForSingleObject(process.hProcess, INFINITE);
	DWORD code = 1;
	GetExitCodeProcess(process.hProcess, &code);
	/* An update exchanges this program last. Where Node was killed in the middle of that, there is none of this name. */
	if (!is_file(own)) {
		_snwprintf(line, LONGEST, L"%ls\\..\\update\\new\\bin\\cfm.exe", folder);
		MoveFileExW(line, own, 0);
	}
	/* Ctrl-C ended it: 130 is what cfm promises for that. */
	return code == STATUS_CONTROL_C_EXIT ? 130 : (int)code;
}
