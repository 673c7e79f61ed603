/*
 * Holds a file open, as an antivirus or a backup program does: `hold <file> <share> <marker>`, until it is killed. The
 * share mode is CreateFile's number: 0 lets nobody in, 1 readers only, 3 everything but renaming and deleting.
 * The marker is a file that it makes once it holds the other.
 */
#include <windows.h>
#include <stdlib.h>

int wmain(int count, wchar_t **words) {
	if (count != 4) return 2;
	HANDLE file = CreateFileW(words[1], GENERIC_READ, (DWORD)_wtoi(words[2]), NULL, OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE) return (int)GetLastError();
	CreateFileW(words[3], GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_ALWAYS, 0, NULL);
	Sleep(INFINITE);
	return 0;
}
