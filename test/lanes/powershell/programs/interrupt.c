/*
 * Runs a program and ends it as a person would: `interrupt HOW MARKER COMMAND LINE …`.
 *
 * HOW is `ctrl-c` (the key, for every program of this console) or `kill` (TerminateProcess of the program alone, as Task
 * Manager does); it happens once the file MARKER is there. Writes the program's exit code into MARKER.
 */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

static BOOL WINAPI stay(DWORD event) {
	return event == CTRL_C_EVENT;
}

/* The command line after this program's first `count` words, untouched. */
static wchar_t *rest(int count) {
	wchar_t *at = GetCommandLineW();
	for (; count > 0; count--) {
		int quoted = 0;
		for (; *at && (quoted || *at != L' '); at++)
			if (*at == L'"') quoted = !quoted;
		while (*at == L' ') at++;
	}
	return at;
}

int wmain(int argc, wchar_t **argv) {
	if (argc < 4) return 90;
	if (GetConsoleCP() == 0) return 91; /* no console, no key */
	SetConsoleCtrlHandler(stay, TRUE);
	STARTUPINFOW startup = {.cb = sizeof startup};
	PROCESS_INFORMATION process;
	if (!CreateProcessW(NULL, rest(3), NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) return 92;
	for (int waited = 0; GetFileAttributesW(argv[2]) == INVALID_FILE_ATTRIBUTES; waited++) {
		if (waited > 600) return 93;
		if (WaitForSingleObject(process.hProcess, 50) == WAIT_OBJECT_0) break;
	}
	if (wcscmp(argv[1], L"ctrl-c") == 0 && !GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)) return 94;
	if (wcscmp(argv[1], L"kill") == 0 && !TerminateProcess(process.hProcess, 1)) return 95;
	if (WaitForSingleObject(process.hProcess, 30000) != WAIT_OBJECT_0) return 96;
	DWORD code = 0;
	GetExitCodeProcess(process.hProcess, &code);
	FILE *file = _wfopen(argv[2], L"w");
	if (file == NULL) return 97;
	fprintf(file, "%lu", code);
	return fclose(file) ? 98 : 0;
}
