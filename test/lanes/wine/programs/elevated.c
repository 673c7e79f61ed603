/*
 * Runs a program with administrators' rights: `elevated <program> <word>…`, and ends with its exit code. It gets them from
 * its manifest, which lies beside it, as on Windows after an administrator said yes.
 */
#include <windows.h>
#include <wchar.h>

int wmain(void) {
	wchar_t *line = GetCommandLineW();
	/* Past our own name, quoted or not. */
	line = *line == L'"' ? wcschr(line + 1, L'"') + 1 : wcschr(line, L' ');
	while (*line == L' ') line++;
	STARTUPINFOW start = {.cb = sizeof start};
	PROCESS_INFORMATION made;
	if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) return (int)GetLastError();
	WaitForSingleObject(made.hProcess, INFINITE);
	DWORD code;
	GetExitCodeProcess(made.hProcess, &code);
	return (int)code;
}
