/*
 * The stand-in for the signing client: it listens on 127.0.0.1, port 24250 + its ID, and stays until told to stop.
 *
 * Where the real client keeps its ID and how the ID becomes a port was never published; this program does what cfm's
 * client profile assumes. `--stop` tells the running one to end and waits until it has; `--hang` sleeps ten minutes.
 */
#include <winsock2.h>
#include <windows.h>
#include <stdlib.h>
#include <string.h>

#define KEY L"Software\\Notarius\\certifio-manager-se"
#define STOP L"Local\\certifio-manager-se-stop"
#define RUNNING L"Local\\certifio-manager-se-running"
#define BASE_PORT 24250

static int stop_the_other(void) {
	HANDLE running = OpenMutexW(SYNCHRONIZE, FALSE, RUNNING);
	if (!running) return 0; /* nobody runs: nothing to stop */
	HANDLE stop = OpenEventW(EVENT_MODIFY_STATE, FALSE, STOP);
	if (stop) SetEvent(stop);
	DWORD waited = WaitForSingleObject(running, 10000); /* a process that ends abandons its mutex */
	return waited == WAIT_TIMEOUT || waited == WAIT_FAILED;
}

static DWORD WINAPI answer(void *listener) {
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nstand-in";
	for (;;) {
		char request[2048];
		SOCKET peer = accept((SOCKET)listener, NULL, NULL);
		if (peer == INVALID_SOCKET) return 0;
		recv(peer, request, sizeof request, 0);
		send(peer, reply, sizeof reply - 1, 0);
		closesocket(peer);
	}
}

int WINAPI WinMain(HINSTANCE instance, HINSTANCE previous, LPSTR arguments, int show) {
	(void)instance, (void)previous, (void)show;
	if (strstr(arguments, "--stop")) return stop_the_other();
	if (strstr(arguments, "--hang")) return Sleep(600000), 0;

	wchar_t id[16];
	DWORD size = sizeof id;
	if (RegGetValueW(HKEY_CURRENT_USER, KEY, L"CFMID", RRF_RT_REG_SZ, NULL, id, &size)) return 2;

	HANDLE stop = CreateEventW(NULL, TRUE, FALSE, STOP);
	HANDLE running = CreateMutexW(NULL, TRUE, RUNNING);
	if (!running || GetLastError() == ERROR_ALREADY_EXISTS) return 3;

	WSADATA sockets;
	WSAStartup(MAKEWORD(2, 2), &sockets);
	SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((u_short)(BASE_PORT + _wtoi(id)))};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 8)) return 4;
	CreateThread(NULL, 0, answer, (void *)listener, 0, NULL);
	WaitForSingleObject(stop, INFINITE);
	return 0;
}
