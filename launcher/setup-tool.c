/*
 * What the setup program cannot do itself. Its strings end at 1,024 characters: a longer PATH reads as "", and writing that
 * back would wipe the server's PATH.
 *
 *   setup-tool SAID judge SDDL           whether others than administrators could rename a folder of these rights, or change them
 *   setup-tool SAID own FOLDER           makes it, or takes it over: owned by Administrators, who alone may write there
 *   setup-tool SAID clear FOLDER         removes the files that its SHA256SUMS names; those in use are moved out of the folder,
 *                                        and removed at the next start of Windows
 *   setup-tool SAID path add FOLDER      puts it at the end of the machine's PATH
 *   setup-tool SAID path remove FOLDER
 *   setup-tool SAID modules add FOLDER   the same in PSModulePath, where PowerShell looks for modules
 *   setup-tool SAID modules remove FOLDER
 *   setup-tool SAID migrate CFM          has cfm.exe bring the machine's own registry file up to date
 *
 * SAID is a file for what there is to say, in UTF-16. Exit codes: 0 done, 1 failed, 2 done, but a restart of Windows must
 * finish it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>
#include <shellapi.h>

#define LONGEST 32767 /* of a path */

enum outcome { DONE, FAILED, RESTART };

static FILE *said;

static void say(const wchar_t *format, ...) {
	static wchar_t line[2 * LONGEST];
	va_list values;
	va_start(values, format);
	int length = _vsnwprintf(line, 2 * LONGEST, format, values);
	va_end(values);
	if (said != NULL && length > 0) fwrite(line, sizeof(wchar_t), length, said);
}

static enum outcome failed(const wchar_t *what, const wchar_t *where, DWORD error) {
	say(L"%ls %ls: Windows error %lu\r\n", what, where, error);
	return FAILED;
}

/* Full access for SYSTEM and Administrators, reading and running for everybody; nothing from the parent. */
static const wchar_t *guarded = L"O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";

static void grant_myself(const wchar_t *privilege) {
	HANDLE token;
	TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1, .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token)) return;
	if (LookupPrivilegeValueW(NULL, privilege, &wanted.Privileges[0].Luid))
		AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
	CloseHandle(token);
}

/* A junction or link anywhere in the path could lead the setup to where a user wants it. */
static int leads_elsewhere(const wchar_t *folder) {
	static wchar_t part[LONGEST];
	for (const wchar_t *at = wcschr(folder, L'\\'); at != NULL; at = at[0] ? wcschr(at + 1, L'\\') : NULL) {
		wcsncpy(part, folder, at - folder);
		part[at - folder] = L'\0';
		if (wcslen(part) < 3) continue;
		DWORD attributes = GetFileAttributesW(part);
		if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT)) return 1;
	}
	DWORD attributes = GetFileAttributesW(folder);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

/* Administrators, the system, Windows' own installer; what says only whose a new file is. */
static const wchar_t *trusted[] = {
	L"S-1-5-32-544", L"S-1-5-18", L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", L"S-1-3-0", L"S-1-3-4",
};

/* Whoever runs the setup is an administrator, whatever their account. */
static int is_myself(PSID sid) {
	HANDLE token;
	BYTE bytes[512];
	DWORD length;
	int same = 0;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return 0;
	if (GetTokenInformation(token, TokenUser, bytes, sizeof bytes, &length)) same = EqualSid(((TOKEN_USER *)bytes)->User.Sid, sid);
	CloseHandle(token);
	return same;
}

static int is_trusted(PSID sid) {
	for (size_t at = 0; at < sizeof trusted / sizeof *trusted; at++) {
		PSID one;
		if (!ConvertStringSidToSidW(trusted[at], &one)) continue;
		int same = EqualSid(one, sid);
		LocalFree(one);
		if (same) return 1;
	}
	return is_myself(sid);
}

/* What lets somebody put another folder in the place of one or of what is in it, or give themselves the right to. */
#define EXCHANGES (DELETE | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_ALL)

/* Who else than administrators could exchange a folder of these rights; NULL when nobody could. */
static PSID stranger(PSID owner, PACL list, int present, DWORD exchanges) {
	static SID everyone = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {SECURITY_WORLD_RID}};
	if (owner == NULL || !present || list == NULL) return &everyone;
	if (!is_trusted(owner)) return owner;
	for (DWORD at = 0; at < list->AceCount; at++) {
		ACCESS_ALLOWED_ACE *entry;
		if (!GetAce(list, at, (void **)&entry)) return &everyone;
		if (entry->Header.AceFlags & INHERIT_ONLY_ACE || entry->Header.AceType == ACCESS_DENIED_ACE_TYPE) continue;
		/* Other kinds have the account elsewhere: rare, and refused when they allow much. */
		if (!(entry->Mask & exchanges)) continue;
		if (entry->Header.AceType != ACCESS_ALLOWED_ACE_TYPE) return &everyone;
		if (!is_trusted((PSID)&entry->SidStart)) return (PSID)&entry->SidStart;
	}
	return NULL;
}

static enum outcome refuse(const wchar_t *folder, PSID who) {
	wchar_t *text = NULL;
	ConvertSidToStringSidW(who, &text);
	say(L"others than administrators can put another folder in the place of %ls: %ls\r\n", folder, text ? text : L"?");
	LocalFree(text);
	return FAILED;
}

static enum outcome judge(const wchar_t *text) {
	PSECURITY_DESCRIPTOR descriptor;
	PACL list = NULL;
	PSID owner = NULL;
	BOOL present = FALSE, defaulted;
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, NULL))
		return failed(L"no rights:", text, GetLastError());
	GetSecurityDescriptorOwner(descriptor, &owner, &defaulted);
	GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted);
	PSID who = stranger(owner, list, present, EXCHANGES);
	return who == NULL ? DONE : refuse(text, who);
}

/*
 * The folder itself is asked, by one handle, and never what a junction in its place leads to: that may be closed, and the
 * junction not.
 */
static enum outcome judge_folder(const wchar_t *folder) {
	PSECURITY_DESCRIPTOR descriptor;
	PACL list = NULL;
	PSID owner = NULL;
	BY_HANDLE_FILE_INFORMATION facts;
	HANDLE handle = CreateFileW(folder, READ_CONTROL | FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
		NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (handle == INVALID_HANDLE_VALUE) return failed(L"cannot read the rights of", folder, GetLastError());
	DWORD error = GetFileInformationByHandle(handle, &facts) ? ERROR_SUCCESS : GetLastError();
	if (error == ERROR_SUCCESS && facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) error = ERROR_REPARSE_TAG_INVALID;
	if (error == ERROR_SUCCESS)
		error = GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
			&owner, NULL, &list, NULL, &descriptor);
	CloseHandle(handle);
	if (error != ERROR_SUCCESS) return failed(L"cannot read the rights of", folder, error);
	/* A drive's own folder has no name that could change. */
	PSID who = stranger(owner, list, 1, wcslen(folder) == 3 ? EXCHANGES & ~DELETE : EXCHANGES);
	enum outcome outcome = who == NULL ? DONE : refuse(folder, who);
	LocalFree(descriptor);
	return outcome;
}

/*
 * Every folder on the way, from the drive down, is one that nobody else can exchange; one that is missing is made closed, so that
 * from there on nobody can.
 */
static enum outcome make_way(const wchar_t *folder, SECURITY_ATTRIBUTES *closed) {
	static wchar_t part[LONGEST];
	for (const wchar_t *at = wcschr(folder, L'\\'); at != NULL; at = wcschr(at + 1, L'\\')) {
		size_t length = at - folder == 2 ? 3 : at - folder;
		wcsncpy(part, folder, length);
		part[length] = L'\0';
		if (length > 3 && CreateDirectoryW(part, closed)) continue;
		if (length > 3 && GetLastError() != ERROR_ALREADY_EXISTS) return failed(L"cannot create", part, GetLastError());
		if (judge_folder(part) != DONE) return FAILED;
	}
	return DONE;
}

/* Rights are kept only on a local disk with NTFS or its like; a share is another machine's. */
static enum outcome judge_disk(const wchar_t *folder) {
	wchar_t root[] = L"?:\\";
	DWORD flags = 0;
	if (folder[0] == L'\0' || folder[1] != L':' || folder[2] != L'\\') return failed(L"not on a drive:", folder, ERROR_INVALID_NAME);
	root[0] = folder[0];
	if (GetDriveTypeW(root) != DRIVE_FIXED) return failed(L"not on a disk of this machine:", folder, ERROR_NOT_SUPPORTED);
	if (!GetVolumeInformationW(root, NULL, 0, NULL, NULL, &flags, NULL, 0)) return failed(L"cannot read", root, GetLastError());
	if (!(flags & FILE_PERSISTENT_ACLS)) return failed(L"this disk keeps no rights:", root, ERROR_NOT_SUPPORTED);
	return DONE;
}

static enum outcome own(wchar_t *folder) {
	PSECURITY_DESCRIPTOR descriptor;
	PACL list;
	PSID owner;
	BOOL present, defaulted;
	if (judge_disk(folder) != DONE) return FAILED;
	if (leads_elsewhere(folder)) return failed(L"a link or junction is in the way to", folder, ERROR_REPARSE_TAG_INVALID);
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(guarded, SDDL_REVISION_1, &descriptor, NULL))
		return failed(L"no rights could be made for", folder, GetLastError());
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes, .lpSecurityDescriptor = descriptor};
	if (make_way(folder, &attributes) != DONE) return FAILED;
	if (CreateDirectoryW(folder, &attributes)) return DONE;
	if (GetLastError() != ERROR_ALREADY_EXISTS) return failed(L"cannot create", folder, GetLastError());
	/* Whoever could exchange it could make a link of it at any moment. */
	if (judge_folder(folder) != DONE) return FAILED;
	grant_myself(L"SeTakeOwnershipPrivilege");
	grant_myself(L"SeRestorePrivilege");
	GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted);
	GetSecurityDescriptorOwner(descriptor, &owner, &defaulted);
	DWORD error = SetNamedSecurityInfoW(folder, SE_FILE_OBJECT,
		OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, owner, NULL, list, NULL);
	return error == ERROR_SUCCESS ? DONE : failed(L"cannot take over", folder, error);
}

/* A program that runs can be moved, not removed: it goes beside the folder, so that the folder can go, until Windows starts again. */
static enum outcome put_aside(const wchar_t *folder, const wchar_t *file) {
	static wchar_t aside[LONGEST];
	for (int number = 1; number < 1000; number++) {
		_snwprintf(aside, LONGEST, L"%ls-removed-%llu-%d.tmp", folder, GetTickCount64(), number);
		if (GetFileAttributesW(aside) != INVALID_FILE_ATTRIBUTES) continue;
		if (!MoveFileExW(file, aside, 0)) return failed(L"in use, and cannot be moved:", file, GetLastError());
		MoveFileExW(aside, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
		say(L"in use, removed at the next start of Windows: %ls\r\n", file);
		return RESTART;
	}
	return failed(L"too many remains beside", folder, ERROR_FILE_EXISTS);
}

static enum outcome take_away(const wchar_t *folder, const wchar_t *file) {
	SetFileAttributesW(file, FILE_ATTRIBUTE_NORMAL);
	if (DeleteFileW(file) || GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND) return DONE;
	return put_aside(folder, file);
}

static enum outcome clear(const wchar_t *folder) {
	static wchar_t path[LONGEST], name[LONGEST];
	static char line[LONGEST];
	enum outcome worst = DONE;
	_snwprintf(path, LONGEST, L"%ls\\SHA256SUMS", folder);
	FILE *sums = _wfopen(path, L"rb");
	if (sums == NULL) return DONE;
	while (fgets(line, sizeof line, sums) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strlen(line) < 67 || strstr(line + 66, "..") != NULL || strchr(line + 66, ':') != NULL) continue;
		if (MultiByteToWideChar(CP_UTF8, 0, line + 66, -1, name, LONGEST) == 0) continue;
		for (wchar_t *at = name; *at; at++)
			if (*at == L'/') *at = L'\\';
		_snwprintf(path, LONGEST, L"%ls\\%ls", folder, name);
		enum outcome one = take_away(folder, path);
		if (one == FAILED) worst = FAILED;
		if (one == RESTART && worst == DONE) worst = RESTART;
	}
	fclose(sums);
	_snwprintf(path, LONGEST, L"%ls\\SHA256SUMS", folder);
	if (worst != FAILED) take_away(folder, path);
	return worst;
}

/* Whether one entry of PATH is this folder, with or without quotation marks and a backslash at its end. */
static int is_entry(const wchar_t *entry, size_t length, const wchar_t *folder) {
	if (length > 1 && entry[0] == L'"' && entry[length - 1] == L'"') entry++, length -= 2;
	while (length > 3 && entry[length - 1] == L'\\') length--;
	return length == wcslen(folder) && _wcsnicmp(entry, folder, length) == 0;
}

/* Where Windows PowerShell looks without a PSModulePath of the machine: one that is made must not take that away. */
#define USUAL_MODULES L"%ProgramFiles%\\WindowsPowerShell\\Modules;%SystemRoot%\\system32\\WindowsPowerShell\\v1.0\\Modules"

/*
 * A list of folders in the machine's environment, whole and with its type; written only when it was read whole, and only when it
 * changes.
 */
static enum outcome path(const wchar_t *name, int adding, const wchar_t *folder) {
	static const wchar_t *where = L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment";
	HKEY key;
	DWORD type = REG_EXPAND_SZ, bytes = 0;
	if (wcschr(folder, L';') != NULL) return failed(L"the list of folders cannot hold", folder, ERROR_INVALID_NAME);
	LONG error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, where, 0, KEY_QUERY_VALUE | KEY_SET_VALUE, &key);
	if (error != ERROR_SUCCESS) return failed(L"cannot open", where, error);
	error = RegQueryValueExW(key, name, NULL, &type, NULL, &bytes);
	if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND) return failed(L"cannot read", name, error);
	if (type != REG_SZ && type != REG_EXPAND_SZ) return failed(L"not a text:", name, ERROR_INVALID_DATATYPE);
	wchar_t *before = calloc(bytes / sizeof(wchar_t) + wcslen(USUAL_MODULES) + 2, sizeof(wchar_t));
	wchar_t *after = calloc(bytes / sizeof(wchar_t) + wcslen(folder) + wcslen(USUAL_MODULES) + 4, sizeof(wchar_t));
	if (before == NULL || after == NULL) return failed(L"no memory for", name, ERROR_OUTOFMEMORY);
	if (error == ERROR_SUCCESS) {
		error = RegQueryValueExW(key, name, NULL, &type, (BYTE *)before, &bytes);
		if (error != ERROR_SUCCESS) return failed(L"cannot read", name, error);
	} else if (wcscmp(name, L"PSModulePath") == 0) {
		wcscpy(before, USUAL_MODULES);
	}
	int found = 0;
	for (const wchar_t *at = before; *at;) {
		size_t length = wcscspn(at, L";");
		int mine = is_entry(at, length, folder);
		found |= mine;
		if (!mine || adding) {
			if (after[0]) wcscat(after, L";");
			wcsncat(after, at, length);
		}
		at += length;
		/* An empty entry is kept: it is not ours to mend. */
		if (*at == L';' && *++at == L'\0' && (!mine || adding)) wcscat(after, L";");
	}
	if (adding && !found) {
		if (after[0] && after[wcslen(after) - 1] != L';') wcscat(after, L";");
		wcscat(after, folder);
	}
	if (found != adding) {
		error = RegSetValueExW(key, name, 0, type, (const BYTE *)after, (DWORD)((wcslen(after) + 1) * sizeof(wchar_t)));
		if (error != ERROR_SUCCESS) return failed(L"cannot write", name, error);
	}
	RegCloseKey(key);
	DWORD_PTR answer;
	SendMessageTimeoutW(HWND_BROADCAST, WM_SETTINGCHANGE, 0, (LPARAM)L"Environment", SMTO_ABORTIFHUNG, 2000, &answer);
	return DONE;
}

/* Runs a command line, and gives what it printed, which cfm writes in UTF-8. */
static DWORD run(wchar_t *line, const wchar_t *scratch, wchar_t *printed) {
	static char bytes[2 * LONGEST];
	DWORD code = 1, length = 0;
	SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
	HANDLE file = CreateFileW(scratch, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, &inherited, CREATE_ALWAYS,
		FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
	HANDLE nothing = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL);
	STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES, .hStdInput = nothing, .hStdOutput = file, .hStdError = file};
	PROCESS_INFORMATION process;
	printed[0] = L'\0';
	if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &process)) {
		failed(L"cannot start", line, GetLastError());
	} else {
		WaitForSingleObject(process.hProcess, INFINITE);
		GetExitCodeProcess(process.hProcess, &code);
		CloseHandle(process.hProcess);
		CloseHandle(process.hThread);
		SetFilePointer(file, 0, NULL, FILE_BEGIN);
		ReadFile(file, bytes, sizeof bytes - 1, &length, NULL);
		printed[MultiByteToWideChar(CP_UTF8, 0, bytes, length, printed, LONGEST - 1)] = L'\0';
	}
	CloseHandle(file);
	CloseHandle(nothing);
	return code;
}

/* Which registry is the machine's, no variable of whoever runs the setup decides. */
static void forget_settings(void) {
	static wchar_t name[LONGEST];
	wchar_t *all = GetEnvironmentStringsW();
	if (all == NULL) return;
	for (const wchar_t *at = all; *at; at += wcslen(at) + 1) {
		const wchar_t *end = wcschr(at + 1, L'=');
		if (_wcsnicmp(at, L"CFM_", 4) != 0 || end == NULL) continue;
		wcsncpy(name, at, end - at);
		name[end - at] = L'\0';
		SetEnvironmentVariableW(name, NULL);
	}
	FreeEnvironmentStringsW(all);
}

/* One on a server is for all its machines, and never touched by the setup of one. cfm keeps a copy beside the file. */
static enum outcome migrate(const wchar_t *cfm, const wchar_t *scratch) {
	static wchar_t line[2 * LONGEST], place[LONGEST], told[LONGEST];
	forget_settings();
	_snwprintf(line, 2 * LONGEST, L"\"%ls\" config get registry", cfm);
	DWORD code = run(line, scratch, place);
	if (code != 0) {
		say(L"The place of the registry could not be determined (%lu): %ls\r\n", code, place);
		return FAILED;
	}
	place[wcscspn(place, L"\r\n")] = L'\0';
	if (_wcsnicmp(place, L"postgres", 8) == 0) {
		say(L"The registry is on a server. When all its machines have this version, run: cfm registry migrate\r\n");
		return DONE;
	}
	if (GetFileAttributesW(place) == INVALID_FILE_ATTRIBUTES) {
		say(L"There is no registry %ls yet.\r\n", place);
		return DONE;
	}
	_snwprintf(line, 2 * LONGEST, L"\"%ls\" registry migrate --yes --registry \"%ls\"", cfm, place);
	code = run(line, scratch, told);
	say(L"%ls\r\n", told);
	if (code != 0) say(L"The registry %ls is as it was (%lu). Run: cfm registry migrate\r\n", place, code);
	return code == 0 ? DONE : FAILED;
}

static enum outcome act(int count, wchar_t **words) {
	if (count == 4 && wcscmp(words[2], L"judge") == 0) return judge(words[3]);
	if (count == 4 && wcscmp(words[2], L"own") == 0) return own(words[3]);
	if (count == 4 && wcscmp(words[2], L"clear") == 0) return clear(words[3]);
	if (count == 4 && wcscmp(words[2], L"migrate") == 0) {
		static wchar_t scratch[LONGEST];
		_snwprintf(scratch, LONGEST, L"%ls.out", words[1]);
		return migrate(words[3], scratch);
	}
	if (count == 5 && wcscmp(words[2], L"path") == 0 && wcscmp(words[3], L"add") == 0) return path(L"Path", 1, words[4]);
	if (count == 5 && wcscmp(words[2], L"path") == 0 && wcscmp(words[3], L"remove") == 0) return path(L"Path", 0, words[4]);
	if (count == 5 && wcscmp(words[2], L"modules") == 0 && wcscmp(words[3], L"add") == 0) return path(L"PSModulePath", 1, words[4]);
	if (count == 5 && wcscmp(words[2], L"modules") == 0 && wcscmp(words[3], L"remove") == 0) return path(L"PSModulePath", 0, words[4]);
	return failed(L"not understood:", count > 2 ? words[2] : L"", ERROR_BAD_COMMAND);
}

/* Without a console: nothing flashes up during a setup. */
int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, wchar_t *line, int show) {
	(void)instance, (void)before, (void)line, (void)show;
	int count;
	wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &count);
	if (words == NULL || count < 2) return FAILED;
	said = _wfopen(words[1], L"wb");
	enum outcome outcome = act(count, words);
	if (said != NULL) fclose(said);
	return outcome;
}
