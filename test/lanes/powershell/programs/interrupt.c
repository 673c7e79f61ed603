/*
 * Runs a program and ends it as a person would: `interrupt HOW MARKER COMMAND LINE …`.
 *
 * HOW is `ctrl-c` (the key, for every program of this console) or `kill` (TerminateProcess of the program alone, as Task
 * Manager does); it happens once the file MARKER is there. Writes the program's exit code into MARKER.
 *
 * PowerShell ends the program that it runs when the key is pressed, as soon as it can. So this is two: the one that it runs
 * only waits for another one of itself, which does it all and is not known to PowerShell.
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

/* Runs this program once more, with the same words, and waits for it. */
static int again(void) {
	wchar_t file[MAX_PATH];
	STARTUPINFOW startup = {.cb = sizeof startup};
	PROCESS_INFORMATION process;
	DWORD code = 0;
	if (GetModuleFileNameW(NULL, file, MAX_PATH) == 0 || !SetEnvironmentVariableW(L"INTERRUPT_AGAIN", L"1")) return 88;
	if (!CreateProcessW(file, GetCommandLineW(), NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) return 89;
	WaitForSingleObject(process.hProcess, INFINITE);
	GetExitCodeProcess(process.hProcess, &code);
	return code;
}

int wmain(int argc, wchar_t **argv) {
	if (argc < 4) return 90;
	if (GetConsoleCP() == 0) return 91; /* no console, no key */
	SetConsoleCtrlHandler(stay, TRUE);
	if (GetEnvironmentVariableW(L"INTERRUPT_AGAIN", NULL, 0) == 0) return again();
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
