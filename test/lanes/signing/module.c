// A PKCS#11 module that does what SoftHSM cannot be made to do. Each behaviour is compiled in (modules.ts):
//   FLAGS       of its token, beside CKF_TOKEN_INITIALIZED
//   CRASH, HANG, EXIT, ABORT   the call in which it does so: "load", "C_Initialize" … "exit"
//   PRINTS      prints a banner on both outputs
//   NULL_LIST   C_GetFunctionList gives no list
//   SLOTS       the count that C_GetSlotList says
//   EMPTY       its slots hold no token
// Its PIN is 1234; a keypad (CKF_PROTECTED_AUTHENTICATION_PATH) takes nothing but NULL. It has one RSA key, whose signatures
// are wrong, and a public key without a certificate; the private key is seen without a PIN.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#define sleep(seconds) Sleep(1000 * (seconds))
#pragma pack(push, cryptoki, 1)
#else
#include <unistd.h>
#endif
#include <pkcs11/pkcs11.h>
#ifdef _WIN32
#pragma pack(pop, cryptoki)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

#ifndef CRASH
#define CRASH ""
#endif
#ifndef HANG
#define HANG ""
#endif
#ifndef EXIT
#define EXIT ""
#endif
#ifndef ABORT
#define ABORT ""
#endif
#ifndef FLAGS
#define FLAGS (CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED)
#endif
#ifndef SLOTS
#define SLOTS 1
#endif

static CK_FLAGS flags = CKF_TOKEN_INITIALIZED | (FLAGS);
static int tries = 3;

static void at(const char *call) {
	if (strcmp(CRASH, call) == 0) *(volatile int *)0 = 1;
	if (strcmp(HANG, call) == 0) for (;;) sleep(1);
	if (strcmp(EXIT, call) == 0) exit(0);
	if (strcmp(ABORT, call) == 0) abort();
}

static void loaded(void) {
#ifdef PRINTS
	for (int line = 0; line < 1000; line++) {
		printf("{\"number\":1,\"ok\":true,\"answer\":{}} Welcome to the vendor's middleware\n");
		fprintf(stderr, "debug %d\n", line);
	}
	fflush(stdout);
#endif
	at("load");
}

#ifdef _WIN32
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved) {
	(void)module; (void)reserved;
	if (reason == DLL_PROCESS_ATTACH) loaded();
	if (reason == DLL_PROCESS_DETACH) at("exit");
	return TRUE;
}
#else
__attribute__((constructor)) static void constructed(void) { loaded(); }
__attribute__((destructor)) static void destructed(void) { at("exit"); }
#endif

static void fill(void *into, size_t size, const char *text) {
	memset(into, ' ', size);
	memcpy(into, text, strlen(text));
}

static CK_RV C_InitializeHere(CK_VOID_PTR args) { (void)args; at("C_Initialize"); return CKR_OK; }
static CK_RV C_FinalizeHere(CK_VOID_PTR args) { (void)args; at("C_Finalize"); return CKR_OK; }

static CK_RV C_GetSlotListHere(CK_BBOOL present, CK_SLOT_ID_PTR list, CK_ULONG_PTR count) {
	at("C_GetSlotList");
#ifdef EMPTY
	if (present) { *count = 0; return CKR_OK; }
#else
	(void)present;
#endif
	if (list != NULL_PTR && *count >= 1) list[0] = 7;
	*count = SLOTS;
	return CKR_OK;
}

static CK_RV C_GetSlotInfoHere(CK_SLOT_ID slot, CK_SLOT_INFO_PTR info) {
	(void)slot;
	at("C_GetSlotInfo");
	memset(info, 0, sizeof *info);
	fill(info->slotDescription, sizeof info->slotDescription, "Mock reader");
	fill(info->manufacturerID, sizeof info->manufacturerID, "cfm");
	info->flags = CKF_TOKEN_PRESENT | CKF_HW_SLOT;
	return CKR_OK;
}

static CK_RV C_GetTokenInfoHere(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
	(void)slot;
	at("C_GetTokenInfo");
	memset(info, 0, sizeof *info);
	fill(info->label, sizeof info->label, "Mock");
	fill(info->manufacturerID, sizeof info->manufacturerID, "cfm");
	fill(info->model, sizeof info->model, "C");
	fill(info->serialNumber, sizeof info->serialNumber, "0007");
	info->flags = flags;
	info->ulMinPinLen = 4;
	info->ulMaxPinLen = 8;
	return CKR_OK;
}

static CK_RV C_GetMechanismListHere(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) {
	(void)slot;
	at("C_GetMechanismList");
	if (list != NULL_PTR) list[0] = CKM_RSA_PKCS;
	*count = 1;
	return CKR_OK;
}

static CK_RV C_GetMechanismInfoHere(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info) {
	(void)slot; (void)type;
	info->ulMinKeySize = 1024;
	info->ulMaxKeySize = 2048;
	info->flags = CKF_HW | CKF_SIGN;
	return CKR_OK;
}

static CK_RV C_OpenSessionHere(CK_SLOT_ID slot, CK_FLAGS asked, CK_VOID_PTR application, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR session) {
	(void)slot; (void)asked; (void)application; (void)notify;
	at("C_OpenSession");
	*session = 1;
	return CKR_OK;
}

static CK_RV C_CloseSessionHere(CK_SESSION_HANDLE session) { (void)session; return CKR_OK; }
static CK_RV C_LogoutHere(CK_SESSION_HANDLE session) { (void)session; return CKR_OK; }

static CK_RV C_LoginHere(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length) {
	(void)session; (void)user;
	at("C_Login");
	if (flags & CKF_PROTECTED_AUTHENTICATION_PATH) return pin == NULL_PTR && length == 0 ? CKR_OK : CKR_ARGUMENTS_BAD;
	if (flags & CKF_USER_PIN_LOCKED) return CKR_PIN_LOCKED;
	if (pin != NULL_PTR && length == 4 && memcmp(pin, "1234", 4) == 0) return CKR_OK;
	if (flags & CKF_USER_PIN_FINAL_TRY) tries = 1;
	tries--;
	flags |= tries == 2 ? CKF_USER_PIN_COUNT_LOW : tries == 1 ? CKF_USER_PIN_FINAL_TRY : CKF_USER_PIN_LOCKED;
	return CKR_PIN_INCORRECT;
}

// Two objects: 1 the private key, 2 the public one.
static CK_OBJECT_CLASS wanted;

static CK_RV C_FindObjectsInitHere(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
	(void)session;
	at("C_FindObjects");
	wanted = count == 1 ? *(CK_OBJECT_CLASS *)template[0].pValue : 0;
	return CKR_OK;
}

static CK_RV C_FindObjectsHere(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR found, CK_ULONG most, CK_ULONG_PTR count) {
	(void)session; (void)most;
	*count = 0;
	if (wanted == CKO_PRIVATE_KEY || wanted == CKO_PUBLIC_KEY) {
		found[0] = wanted == CKO_PRIVATE_KEY ? 1 : 2;
		*count = 1;
		wanted = 0;
	}
	return CKR_OK;
}

static CK_RV C_FindObjectsFinalHere(CK_SESSION_HANDLE session) { (void)session; return CKR_OK; }

static CK_RV give(CK_ATTRIBUTE_PTR attribute, const void *value, CK_ULONG length) {
	if (attribute->pValue != NULL_PTR) memcpy(attribute->pValue, value, length);
	attribute->ulValueLen = length;
	return CKR_OK;
}

static CK_RV C_GetAttributeValueHere(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attribute, CK_ULONG count) {
	(void)session; (void)count;
	static const CK_KEY_TYPE rsa = CKK_RSA;
	static const CK_BBOOL yes = CK_TRUE;
	static unsigned char modulus[256];
	static const unsigned char exponent[] = {1, 0, 1};
	memset(modulus, 0xab, sizeof modulus);
	switch (attribute->type) {
		case CKA_ID: return give(attribute, "\1", 1);
		case CKA_LABEL: return give(attribute, "mock key", 8);
		case CKA_KEY_TYPE: return give(attribute, &rsa, sizeof rsa);
		case CKA_MODULUS: return give(attribute, modulus, sizeof modulus);
		case CKA_PUBLIC_EXPONENT: return give(attribute, exponent, sizeof exponent);
		case CKA_SIGN: return give(attribute, &yes, 1);
		case CKA_ALWAYS_AUTHENTICATE: if (object == 1) return give(attribute, &yes, 1);
	}
	attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

static CK_RV C_SignInitHere(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
	(void)session; (void)mechanism; (void)key;
	at("C_Sign");
	return CKR_OK;
}

static CK_RV C_SignHere(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR signature, CK_ULONG_PTR size) {
	(void)session; (void)data; (void)length;
	memset(signature, 1, 256);
	*size = 256;
	return CKR_OK;
}

static CK_FUNCTION_LIST list;

EXPORTED CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out) {
#ifdef NULL_LIST
	*out = NULL_PTR;
	return CKR_OK;
#endif
	list.version.major = 2;
	list.version.minor = 40;
	list.C_GetFunctionList = C_GetFunctionList;
#define HAS(name) list.name = name##Here
	HAS(C_Initialize); HAS(C_Finalize); HAS(C_GetSlotList); HAS(C_GetSlotInfo); HAS(C_GetTokenInfo);
	HAS(C_GetMechanismList); HAS(C_GetMechanismInfo); HAS(C_OpenSession); HAS(C_CloseSession); HAS(C_Login);
	HAS(C_Logout); HAS(C_FindObjectsInit); HAS(C_FindObjects); HAS(C_FindObjectsFinal); HAS(C_GetAttributeValue);
	HAS(C_SignInit); HAS(C_Sign);
	*out = &list;
	return CKR_OK;
}
