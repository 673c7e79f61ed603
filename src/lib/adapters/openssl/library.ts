import type { LibraryHandle } from "koffi";

type NativeFunction = ReturnType<LibraryHandle["func"]>;

/** A pointer that OpenSSL gave; null is none. */
export type Pointer = bigint | null;

/** Functions of the OpenSSL inside Node, as its headers declare them. All are among those that node.exe exports. */
const declarations = {
	OPENSSL_sk_new_null: "void *OPENSSL_sk_new_null(void)",
	OPENSSL_sk_push: "int OPENSSL_sk_push(void *stack, void *item)",
	OPENSSL_sk_num: "int OPENSSL_sk_num(void *stack)",
	OPENSSL_sk_value: "void *OPENSSL_sk_value(void *stack, int at)",
	OPENSSL_sk_free: "void OPENSSL_sk_free(void *stack)",
	ERR_clear_error: "void ERR_clear_error(void)",
	CRYPTO_free: "void CRYPTO_free(void *at, const char *file, int line)",
	OBJ_txt2obj: "void *OBJ_txt2obj(const char *text, int no_name)",
	OBJ_obj2txt: "int OBJ_obj2txt(_Out_ uint8_t *into, int size, void *object, int no_name)",
	OBJ_obj2nid: "int OBJ_obj2nid(void *object)",
	OBJ_nid2sn: "const char *OBJ_nid2sn(int nid)",
	OBJ_nid2ln: "const char *OBJ_nid2ln(int nid)",
	BIO_new: "void *BIO_new(void *method)",
	BIO_s_mem: "void *BIO_s_mem(void)",
	BIO_new_mem_buf: "void *BIO_new_mem_buf(void *bytes, int length)",
	BIO_ctrl: "long BIO_ctrl(void *bio, int what, long number, void *more)",
	BIO_read: "int BIO_read(void *bio, _Out_ uint8_t *into, int length)",
	BIO_free: "int BIO_free(void *bio)",
	PEM_read_bio:
		"int PEM_read_bio(void *bio, _Out_ void **name, _Out_ void **header, _Out_ void **data, _Out_ long *length)",
	ASN1_STRING_get0_data: "void *ASN1_STRING_get0_data(void *string)",
	ASN1_STRING_length: "int ASN1_STRING_length(void *string)",
	ASN1_TIME_to_tm: "int ASN1_TIME_to_tm(void *time, _Out_ uint8_t *tm)",
	ASN1_ENUMERATED_get: "long ASN1_ENUMERATED_get(void *number)",
	ASN1_ENUMERATED_free: "void ASN1_ENUMERATED_free(void *number)",
	ASN1_INTEGER_free: "void ASN1_INTEGER_free(void *number)",
	GENERAL_NAME_get0_value: "void *GENERAL_NAME_get0_value(void *name, _Out_ int *type)",
	GENERAL_NAMES_free: "void GENERAL_NAMES_free(void *names)",
	CRL_DIST_POINTS_free: "void CRL_DIST_POINTS_free(void *points)",
	AUTHORITY_INFO_ACCESS_free: "void AUTHORITY_INFO_ACCESS_free(void *access)",
	CERTIFICATEPOLICIES_free: "void CERTIFICATEPOLICIES_free(void *policies)",
	EXTENDED_KEY_USAGE_free: "void EXTENDED_KEY_USAGE_free(void *usages)",
	d2i_X509: "void *d2i_X509(void *a, _Inout_ void **at, long length)",
	i2d_X509: "int i2d_X509(void *x, _Inout_ void **at)",
	X509_free: "void X509_free(void *x)",
	X509_get_ext_d2i: "void *X509_get_ext_d2i(void *x, int nid, void *critical, void *index)",
	X509_get_key_usage: "uint32_t X509_get_key_usage(void *x)",
	X509_get_subject_name: "void *X509_get_subject_name(void *x)",
	X509_get_issuer_name: "void *X509_get_issuer_name(void *x)",
	X509_NAME_cmp: "int X509_NAME_cmp(void *a, void *b)",
	X509_NAME_print_ex: "int X509_NAME_print_ex(void *bio, void *name, int indent, unsigned long flags)",
	X509_get0_serialNumber: "void *X509_get0_serialNumber(void *x)",
	X509_get0_notBefore: "void *X509_get0_notBefore(void *x)",
	X509_get0_notAfter: "void *X509_get0_notAfter(void *x)",
	X509_get0_pubkey: "void *X509_get0_pubkey(void *x)",
	X509_get0_tbs_sigalg: "void *X509_get0_tbs_sigalg(void *x)",
	X509_get_signature_nid: "int X509_get_signature_nid(void *x)",
	X509_ALGOR_get0: "void X509_ALGOR_get0(_Out_ void **object, void *type, void *value, void *algorithm)",
	X509_subject_name_hash: "unsigned long X509_subject_name_hash(void *x)",
	X509_issuer_name_hash: "unsigned long X509_issuer_name_hash(void *x)",
	X509_check_issued: "int X509_check_issued(void *issuer, void *x)",
	X509_check_ca: "int X509_check_ca(void *x)",
	X509_cmp: "int X509_cmp(void *a, void *b)",
	EVP_PKEY_get0_type_name: "const char *EVP_PKEY_get0_type_name(void *key)",
	EVP_PKEY_get_bits: "int EVP_PKEY_get_bits(void *key)",
	EVP_PKEY_get_group_name: "int EVP_PKEY_get_group_name(void *key, _Out_ uint8_t *into, size_t size, void *length)",
	EVP_PKEY_free: "void EVP_PKEY_free(void *key)",
	EVP_PKEY2PKCS8: "void *EVP_PKEY2PKCS8(void *key)",
	i2d_PKCS8_PRIV_KEY_INFO: "int i2d_PKCS8_PRIV_KEY_INFO(void *key, _Inout_ void **at)",
	PKCS8_PRIV_KEY_INFO_free: "void PKCS8_PRIV_KEY_INFO_free(void *key)",
	d2i_X509_CRL: "void *d2i_X509_CRL(void *a, _Inout_ void **at, long length)",
	i2d_X509_CRL: "int i2d_X509_CRL(void *crl, _Inout_ void **at)",
	X509_CRL_free: "void X509_CRL_free(void *crl)",
	X509_CRL_get_issuer: "void *X509_CRL_get_issuer(void *crl)",
	X509_CRL_get0_lastUpdate: "void *X509_CRL_get0_lastUpdate(void *crl)",
	X509_CRL_get0_nextUpdate: "void *X509_CRL_get0_nextUpdate(void *crl)",
	X509_CRL_get0_by_cert: "int X509_CRL_get0_by_cert(void *crl, _Out_ void **entry, void *x)",
	X509_CRL_get_ext_d2i: "void *X509_CRL_get_ext_d2i(void *crl, int nid, void *critical, void *index)",
	X509_REVOKED_get0_revocationDate: "void *X509_REVOKED_get0_revocationDate(void *entry)",
	X509_REVOKED_get_ext_d2i: "void *X509_REVOKED_get_ext_d2i(void *entry, int nid, void *critical, void *index)",
	X509_STORE_new: "void *X509_STORE_new(void)",
	X509_STORE_free: "void X509_STORE_free(void *store)",
	X509_STORE_add_cert: "int X509_STORE_add_cert(void *store, void *x)",
	X509_STORE_get0_param: "void *X509_STORE_get0_param(void *store)",
	X509_STORE_CTX_new: "void *X509_STORE_CTX_new(void)",
	X509_STORE_CTX_free: "void X509_STORE_CTX_free(void *ctx)",
	X509_STORE_CTX_init: "int X509_STORE_CTX_init(void *ctx, void *store, void *x, void *untrusted)",
	X509_STORE_CTX_get0_param: "void *X509_STORE_CTX_get0_param(void *ctx)",
	X509_STORE_CTX_set0_crls: "void X509_STORE_CTX_set0_crls(void *ctx, void *crls)",
	X509_STORE_CTX_get_error: "int X509_STORE_CTX_get_error(void *ctx)",
	X509_STORE_CTX_get_error_depth: "int X509_STORE_CTX_get_error_depth(void *ctx)",
	X509_STORE_CTX_get0_chain: "void *X509_STORE_CTX_get0_chain(void *ctx)",
	X509_VERIFY_PARAM_set_flags: "int X509_VERIFY_PARAM_set_flags(void *param, unsigned long flags)",
	X509_VERIFY_PARAM_set_time: "void X509_VERIFY_PARAM_set_time(void *param, int64_t time)",
	X509_VERIFY_PARAM_set_auth_level: "void X509_VERIFY_PARAM_set_auth_level(void *param, int level)",
	X509_VERIFY_PARAM_add0_policy: "int X509_VERIFY_PARAM_add0_policy(void *param, void *policy)",
	X509_verify_cert: "int X509_verify_cert(void *ctx)",
	d2i_PKCS7: "void *d2i_PKCS7(void *a, _Inout_ void **at, long length)",
	PKCS7_free: "void PKCS7_free(void *file)",
	d2i_PKCS12: "void *d2i_PKCS12(void *a, _Inout_ void **at, long length)",
	PKCS12_free: "void PKCS12_free(void *file)",
	PKCS12_parse:
		"int PKCS12_parse(void *file, const char *password, _Out_ void **key, _Out_ void **x, _Inout_ void **others)",
	PKCS12_verify_mac: "int PKCS12_verify_mac(void *file, const char *password, int length)",
	OSSL_PROVIDER_load: "void *OSSL_PROVIDER_load(void *context, const char *name)",
	OCSP_REQUEST_new: "void *OCSP_REQUEST_new(void)",
	OCSP_REQUEST_free: "void OCSP_REQUEST_free(void *request)",
	OCSP_request_add0_id: "void *OCSP_request_add0_id(void *request, void *id)",
	OCSP_request_add1_nonce: "int OCSP_request_add1_nonce(void *request, void *nonce, int length)",
	OCSP_cert_to_id: "void *OCSP_cert_to_id(void *digest, void *x, void *issuer)",
	OCSP_CERTID_free: "void OCSP_CERTID_free(void *id)",
	OCSP_id_get0_info: "int OCSP_id_get0_info(void *name, _Out_ void **digest, void *key, void *serial, void *id)",
	OCSP_id_cmp: "int OCSP_id_cmp(void *a, void *b)",
	EVP_get_digestbyname: "void *EVP_get_digestbyname(const char *name)",
	i2d_OCSP_REQUEST: "int i2d_OCSP_REQUEST(void *request, _Inout_ void **at)",
	d2i_OCSP_REQUEST: "void *d2i_OCSP_REQUEST(void *a, _Inout_ void **at, long length)",
	d2i_OCSP_RESPONSE: "void *d2i_OCSP_RESPONSE(void *a, _Inout_ void **at, long length)",
	OCSP_RESPONSE_free: "void OCSP_RESPONSE_free(void *answer)",
	OCSP_response_status: "int OCSP_response_status(void *answer)",
	OCSP_response_get1_basic: "void *OCSP_response_get1_basic(void *answer)",
	OCSP_BASICRESP_free: "void OCSP_BASICRESP_free(void *basic)",
	OCSP_basic_verify: "int OCSP_basic_verify(void *basic, void *certs, void *store, unsigned long flags)",
	OCSP_resp_count: "int OCSP_resp_count(void *basic)",
	OCSP_resp_get0: "void *OCSP_resp_get0(void *basic, int at)",
	OCSP_resp_get0_signer: "int OCSP_resp_get0_signer(void *basic, _Out_ void **signer, void *more)",
	OCSP_SINGLERESP_get0_id: "void *OCSP_SINGLERESP_get0_id(void *single)",
	OCSP_single_get0_status:
		"int OCSP_single_get0_status(void *single, _Out_ int *reason, _Out_ void **revoked, _Out_ void **this_, _Out_ void **next)",
	OCSP_check_nonce: "int OCSP_check_nonce(void *request, void *basic)",
} as const;

type Name = keyof typeof declarations;

/** OpenSSL, callable; each function is bound when it is first used. */
export interface Openssl extends Readonly<Record<Name, NativeFunction>> {
	/** Memory at a pointer, copied. */
	memory(at: Pointer, length: number): Buffer;
	/** The pointer that stands so many bytes behind another one. */
	pointerAt(at: Pointer, offset: number): Pointer;
	/** Whether a pointer is none. */
	isNull(pointer: unknown): pointer is null;
	/** Hands OpenSSL a function for what it says about a path while it verifies it; see `path.ts`. */
	setVerifyCallback(ctx: Pointer, answer: (ok: number, ctx: Pointer) => number): void;
}

let loading: Promise<Openssl> | undefined;

/** @throws when koffi's binary for this system is missing */
export function loadOpenssl(): Promise<Openssl> {
	loading ??= load();
	return loading;
}

async function load(): Promise<Openssl> {
	const koffi = await import("koffi");
	// Node exports OpenSSL's functions on purpose, for addons: doc/api/addons.md.
	const library = koffi.load(process.platform === "win32" ? process.execPath : null);
	const proto = koffi.proto("int cfm_verify_callback(int ok, void *ctx)");
	const setCallback = library.func("X509_STORE_CTX_set_verify_cb", "void", ["void *", koffi.pointer(proto)]);
	const memory = (at: Pointer, length: number): Buffer =>
		at === null || at === 0n || length <= 0 ? Buffer.alloc(0) : Buffer.from(new Uint8Array(koffi.view(at, length)));
	let answering: (ok: number, ctx: Pointer) => number = (ok) => ok;
	const registered = koffi.register((ok: number, ctx: Pointer) => answering(ok, ctx), koffi.pointer(proto));
	const openssl = {
		memory,
		pointerAt: (at: Pointer, offset: number): Pointer => memory((at ?? 0n) + BigInt(offset), 8).readBigUInt64LE(),
		isNull: (pointer: unknown) => pointer === null || pointer === 0n || pointer === undefined,
		setVerifyCallback(ctx: Pointer, answer: (ok: number, ctx: Pointer) => number) {
			answering = answer;
			setCallback(ctx, registered);
		},
	};
	for (const [name, declaration] of Object.entries(declarations)) {
		Object.defineProperty(openssl, name, {
			configurable: true,
			get() {
				const bound = library.func(declaration);
				Object.defineProperty(openssl, name, { value: bound });
				return bound;
			},
		});
	}
	return openssl as Openssl;
}
