/*
 * Holds a profile as Chrome and Edge do: `chromium <user data> <profile> <marker>`, until it is killed. `lockfile` is
 * opened to write, shared with readers, and goes with its holder (Chromium, chrome/browser/process_singleton_win.cc);
 * LevelDB's LOCK is shared with all and its bytes are locked (third_party/leveldatabase/env_chromium.cc, base/files);
 * SQLite's database is shared with readers and writers (sqlite3, os_win.c).
 * The marker is a file that it makes once it holds the others.
 */
#include <windows.h>
#include <wchar.h>

static HANDLE open(const wchar_t *folder, const wchar_t *name, DWORD share, DWORD disposition, DWORD flags) {
	wchar_t path[32768];
	_snwprintf(path, 32768, L"%ls\\%ls", folder, name);
	return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, share, NULL, disposition, flags, NULL);
}

int wmain(int count, wchar_t **words) {
	if (count != 4) return 2;
	wchar_t lockfile[32768];
	_snwprintf(lockfile, 32768, L"%ls\\lockfile", words[1]);
	HANDLE singleton = CreateFileW(lockfile, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS,
		FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE, NULL);
	if (singleton == INVALID_HANDLE_VALUE) return (int)GetLastError();
	HANDLE level = open(words[2], L"Local Storage\\leveldb\\LOCK", FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
		OPEN_ALWAYS, 0);
	OVERLAPPED from = {0};
	if (level != INVALID_HANDLE_VALUE)
		LockFileEx(level, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, MAXDWORD, MAXDWORD, &from);
	open(words[2], L"Cookies", FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_ALWAYS, FILE_FLAG_RANDOM_ACCESS);
	CreateFileW(words[3], GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_ALWAYS, 0, NULL);
	Sleep(INFINITE);
	return 0;
}
