/*
 * Holds a profile as Firefox does: `firefox <profile> <marker>`, until it is killed. `parent.lock` is shared with nobody
 * (mozilla-central, toolkit/profile/nsProfileLock.cpp), SQLite's databases with readers and writers.
 * The marker is a file that it makes once it holds the others.
 */
#include <windows.h>
#include <wchar.h>

static HANDLE open(const wchar_t *folder, const wchar_t *name, DWORD share, DWORD disposition) {
	wchar_t path[32768];
	_snwprintf(path, 32768, L"%ls\\%ls", folder, name);
	return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, share, NULL, disposition, 0, NULL);
}

int wmain(int count, wchar_t **words) {
	if (count != 3) return 2;
	if (open(words[1], L"parent.lock", 0, CREATE_ALWAYS) == INVALID_HANDLE_VALUE) return (int)GetLastError();
	open(words[1], L"webappsstore.sqlite", FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING);
	CreateFileW(words[2], GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_ALWAYS, 0, NULL);
	Sleep(INFINITE);
	return 0;
}
