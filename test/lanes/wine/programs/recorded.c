/*
 * Stands in for one of Windows' own programs, of which Wine has only silent stubs: it notes how it was called, and
 * gives a recorded answer. For `icacls.exe` it appends its command line to `icacls.exe.calls`, writes what it reads to
 * `icacls.exe.input` when that file is there, prints `icacls.exe.output` and exits with the number in `icacls.exe.code`.
 */
#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static wchar_t self[MAX_PATH];

static HANDLE beside(const wchar_t *ending, DWORD access, DWORD disposition) {
	wchar_t path[MAX_PATH + 16];
	wcscpy(path, self);
	wcscat(path, ending);
	return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition, 0, NULL);
}

static void copy(HANDLE from, HANDLE to) {
	char buffer[4096];
	DWORD got, put;
	if (from == INVALID_HANDLE_VALUE || to == INVALID_HANDLE_VALUE) return;
	while (ReadFile(from, buffer, sizeof buffer, &got, NULL) && got > 0) WriteFile(to, buffer, got, &put, NULL);
}

int wmain(void) {
	char line[8192], code[16] = "0";
	DWORD put;
	GetModuleFileNameW(NULL, self, MAX_PATH);
	int length = WideCharToMultiByte(CP_UTF8, 0, GetCommandLineW(), -1, line, sizeof line - 1, NULL, NULL);
	line[length - 1] = '\n';
	WriteFile(beside(L".calls", FILE_APPEND_DATA, OPEN_ALWAYS), line, (DWORD)length, &put, NULL);
	copy(GetStdHandle(STD_INPUT_HANDLE), beside(L".input", GENERIC_WRITE, TRUNCATE_EXISTING));
	copy(beside(L".output", GENERIC_READ, OPEN_EXISTING), GetStdHandle(STD_OUTPUT_HANDLE));
	HANDLE file = beside(L".code", GENERIC_READ, OPEN_EXISTING);
	if (file != INVALID_HANDLE_VALUE) ReadFile(file, code, sizeof code - 1, &put, NULL);
	return atoi(code);
}
