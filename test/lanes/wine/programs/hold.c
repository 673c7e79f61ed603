/*
 * Holds a file open, as an antivirus or a backup program does: `hold <file> <share>`, until it is killed. The share
 * mode is CreateFile's number: 0 lets nobody in, 3 everything but renaming and deleting. It says "held" once it does.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

int wmain(int count, wchar_t **words) {
	if (count != 3) return 2;
	HANDLE file = CreateFileW(words[1], GENERIC_READ, (DWORD)_wtoi(words[2]), NULL, OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE) return (int)GetLastError();
	puts("held");
	fflush(stdout);
	Sleep(INFINITE);
	return 0;
}
