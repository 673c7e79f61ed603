/** A certificate for localhost that no public authority vouches for; made for these tests, valid for a hundred years. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIB0TCCAXegAwIBAgIUM/r/Qs+fMJXrAzE+22WGKCx9wKAwCgYIKoZIzj0EAwIw
LzEZMBcGA1UECgwQQ29ycCBXZWIgR2F0ZXdheTESMBAGA1UEAwwJbG9jYWxob3N0
MCAXDTI2MTEyOTE3MjU0MFoYDzIxMjYxMTA1MTcyNTQwWjAvMRkwFwYDVQQKDBBD
b3JwIFdlYiBHYXRld2F5MRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAATAdn1BO2DJ8AiQU0uAnfnFiL7pjmji/t1NSUqdzC+9hw5X
X28mD2xdUshatBZNPYx2mNTH9tTxWj9EsrgxyPn7o28wbTAdBgNVHQ4EFgQUoqY/
h/ZEv/WK4Wtgbwfh7M3MKJgwHwYDVR0jBBgwFoAUoqY/h/ZEv/WK4Wtgbwfh7M3M
KJgwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEw
CgYIKoZIzj0EAwIDSAAwRQIgPGOs2D8imPYm39sGqwzHaoT7e0IO9dFhkqOkuxwg
cvwCIQDw6KeqedaeRb4qthc5IvhP1yHt8X5dn7nG9U/BQXZZTw==
-----END CERTIFICATE-----`;

/** Its key, which guards nothing. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1uvSvERd2Xt773Pk
su4GSNw93cjI6Iw+kVJl+4CXlVShRANCAATAdn1BO2DJ8AiQU0uAnfnFiL7pjmji
/t1NSUqdzC+9hw5XX28mD2xdUshatBZNPYx2mNTH9tTxWj9EsrgxyPn7
-----END PRIVATE KEY-----`;
