/* Puts a certificate that signs itself, with its key, into the user's own store, and its DER into a file: signs.exe FILE */
#include <windows.h>
#include <wincrypt.h>
#include <stdio.h>

static int no(const char *what)
{
	fprintf(stderr, "%s: 0x%lx\n", what, GetLastError());
	return 1;
}

int wmain(int count, wchar_t **words)
{
	static wchar_t container[] = L"cfm-lane2";
	HCRYPTPROV provider;
	HCRYPTKEY key;
	BYTE name[256];
	CERT_NAME_BLOB subject = { sizeof name, name };
	CRYPT_KEY_PROV_INFO info = { container, NULL, PROV_RSA_AES, 0, 0, NULL, AT_SIGNATURE };
	CRYPT_ALGORITHM_IDENTIFIER algorithm = { (char *)szOID_RSA_SHA256RSA, { 0, NULL } };
	PCCERT_CONTEXT made;
	HCERTSTORE store;
	FILE *file;

	if (count != 2) return no("words");
	if (!CryptAcquireContextW(&provider, container, NULL, PROV_RSA_AES, CRYPT_NEWKEYSET)) return no("CryptAcquireContext");
	if (!CryptGenKey(provider, AT_SIGNATURE, 2048 << 16, &key)) return no("CryptGenKey");
	CryptDestroyKey(key);
	if (!CertStrToNameW(X509_ASN_ENCODING, L"CN=Ana in a store", CERT_X500_NAME_STR, NULL, name, &subject.cbData, NULL))
		return no("CertStrToName");
	made = CertCreateSelfSignCertificate(provider, &subject, 0, &info, &algorithm, NULL, NULL, NULL);
	if (!made) return no("CertCreateSelfSignCertificate");
	store = CertOpenSystemStoreW(0, L"MY");
	if (!store || !CertAddCertificateContextToStore(store, made, CERT_STORE_ADD_ALWAYS, NULL)) return no("store");
	CertCloseStore(store, 0);
	CryptReleaseContext(provider, 0);
	file = _wfopen(words[1], L"wb");
	if (!file || fwrite(made->pbCertEncoded, made->cbCertEncoded, 1, file) != 1) return no("file");
	fclose(file);
	return 0;
}
