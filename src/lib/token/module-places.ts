/** A place where a vendor's installer or a distribution's package puts a PKCS#11 module. */
interface ModulePlace {
	/** What it is for, as its vendor calls it. */
	product: string;
	/** Variables of Windows stand between per cents. */
	path: string;
	/**
	 * Where that was learned. `seen`: the package was installed and looked at. `read`: in its documentation, or in several
	 * programs that look there; no such product was at hand.
	 */
	source: string;
}

/**
 * Where modules usually are. 64-bit only: cfm is. p11-kit's proxy is left out, for it only loads the others once more, and
 * from lists that users can write; so are pkcs11-spy and modules of browsers.
 */
const modulePlaces: Readonly<Record<"linux" | "win32", readonly ModulePlace[]>> = {
	linux: [
		{ product: "OpenSC", path: "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", source: "seen: Debian 12, opensc-pkcs11" },
		{ product: "OpenSC", path: "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so", source: "read: Debian, opensc-pkcs11" },
		{ product: "OpenSC", path: "/usr/lib64/opensc-pkcs11.so", source: "read: Fedora, opensc" },
		{ product: "SoftHSM 2", path: "/usr/lib/softhsm/libsofthsm2.so", source: "seen: Debian 12, libsofthsm2" },
		{ product: "SoftHSM 2", path: "/usr/lib64/pkcs11/libsofthsm2.so", source: "read: Fedora, softhsm" },
		{ product: "SoftHSM 2", path: "/usr/local/lib/softhsm/libsofthsm2.so", source: "read: SoftHSM 2's own README" },
		{
			product: "SafeNet Authentication Client",
			path: "/usr/lib/libeTPkcs11.so",
			source: "read: programs that look there",
		},
		{
			product: "SafeNet Authentication Client",
			path: "/usr/lib64/libeTPkcs11.so",
			source: "read: programs that look there",
		},
		{ product: "YubiKey PIV", path: "/usr/lib/x86_64-linux-gnu/libykcs11.so", source: "read: Debian, ykcs11" },
		{ product: "YubiKey PIV", path: "/usr/lib64/libykcs11.so", source: "read: Fedora, yubico-piv-tool" },
	],
	win32: [
		{
			product: "SafeNet Authentication Client",
			path: "%SystemRoot%\\System32\\eTPKCS11.dll",
			source: "read: programs that look there",
		},
		{
			product: "SafeNet Authentication Client, IDPrime cards",
			path: "%ProgramFiles%\\SafeNet\\Authentication\\SAC\\x64\\IDPrimePKCS1164.dll",
			source: "read: programs that look there",
		},
		{
			product: "Gemalto IDGo 800",
			path: "%ProgramFiles%\\Gemalto\\IDGo 800 PKCS#11\\IDPrimePKCS1164.dll",
			source: "read: programs that look there",
		},
		{
			product: "OpenSC",
			path: "%ProgramFiles%\\OpenSC Project\\OpenSC\\pkcs11\\opensc-pkcs11.dll",
			source: "read: OpenSC's wiki, and programs that look there",
		},
		{
			product: "YubiKey PIV",
			path: "%ProgramFiles%\\Yubico\\Yubico PIV Tool\\bin\\libykcs11.dll",
			source: "read: Yubico's documentation of YKCS11",
		},
		{
			product: "Bit4id",
			path: "%SystemRoot%\\System32\\bit4ipki.dll",
			source: "read: programs that look there",
		},
		{
			product: "Feitian ePass2003",
			path: "%SystemRoot%\\System32\\eps2003csp11v2.dll",
			source: "read: programs that look there",
		},
		{
			product: "SafeSign (A.E.T.)",
			path: "%SystemRoot%\\System32\\aetpkss1.dll",
			source: "read: programs that look there",
		},
		{
			product: "IDEMIA (Oberthur) AWP",
			path: "%SystemRoot%\\System32\\OcsCryptoki.dll",
			source: "read: programs that look there",
		},
		{
			product: "SoftHSM 2",
			path: "%SystemDrive%\\SoftHSM2\\lib\\softhsm2-x64.dll",
			source: "read: the README of its build for Windows",
		},
	],
};

/**
 * Where modules may be on a system, with its folders in place of their names.
 *
 * @param variables the process environment: a place whose folder it does not name is left out
 */
export function placesOf(platform: NodeJS.Platform, variables: Readonly<NodeJS.ProcessEnv>): string[] {
	if (platform !== "win32") return modulePlaces.linux.map(({ path }) => path);
	return modulePlaces.win32.flatMap(({ path }) => {
		let isWhole = true;
		const filled = path.replace(/%([^%]+)%/g, (_, name: string) => {
			const value = variables[name] ?? "";
			isWhole &&= value !== "";
			return value;
		});
		return isWhole ? [filled] : [];
	});
}
