// What package managers for Windows need to know of the setup program. Its address is yours: CFM_DOWNLOAD says where you put it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { readText } from "./contents.mjs";
import { sumOf } from "./sums.mjs";

/**
 * Manifests for winget and Chocolatey, in folders of their own below `target`.
 *
 * @param {{root: string, target: string, version: string}} of `target`: where cfm-setup.exe is
 */
export function writeManifests({ root, target, version }) {
	const { description, license } = JSON.parse(readText(root, "package.json"));
	const hash = sumOf(join(target, "cfm-setup.exe"));
	const url = `${process.env.CFM_DOWNLOAD ?? "https://packages.example.com/cfm"}/${version}/cfm-setup.exe`;
	winget(join(target, "winget"), { version, description, license, hash, url });
	chocolatey(join(target, "chocolatey"), { version, description, hash, url });
}

/** Schema 1.6: https://learn.microsoft.com/windows/package-manager/package/manifest */
function winget(folder, { version, description, license, hash, url }) {
	const id = "cfm.cfm";
	const common = { PackageIdentifier: id, PackageVersion: version };
	const of = (ManifestType) => ({ ManifestType, ManifestVersion: "1.6.0" });
	const files = {
		[`${id}.yaml`]: { ...common, DefaultLocale: "en-US", ...of("version") },
		[`${id}.locale.en-US.yaml`]: {
			...{ ...common, PackageLocale: "en-US", Publisher: "cfm", PackageName: "cfm" },
			...{ License: license, ShortDescription: description },
			...of("defaultLocale"),
		},
		[`${id}.installer.yaml`]: {
			...{ ...common, InstallerType: "nullsoft", Scope: "machine", ElevationRequirement: "elevatesSelf" },
			...{
				UpgradeBehavior: "install",
				InstallerSwitches: { InstallLocation: "/D=<INSTALLPATH>", Log: "/LOG=<LOGPATH>" },
			},
			ExpectedReturnCodes: [
				{ InstallerReturnCode: 1638, ReturnResponse: "downgrade" },
				{ InstallerReturnCode: 1639, ReturnResponse: "invalidParameter" },
				{ InstallerReturnCode: 3010, ReturnResponse: "rebootRequiredToFinish" },
			],
			Installers: [{ Architecture: "x64", InstallerUrl: url, InstallerSha256: hash.toUpperCase() }],
			...of("installer"),
		},
	};
	mkdirSync(folder, { recursive: true });
	for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), stringify(content));
}

/** https://docs.chocolatey.org/en-us/create/functions/install-chocolateypackage */
function chocolatey(folder, { version, description, hash, url }) {
	mkdirSync(join(folder, "tools"), { recursive: true });
	writeFileSync(
		join(folder, "cfm.nuspec"),
		`<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2015/06/nuspec.xsd">
  <metadata>
    <id>cfm</id>
    <version>${version}</version>
    <title>cfm</title>
    <authors>cfm</authors>
    <description>${description.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</description>
  </metadata>
  <files>
    <file src="tools\\**" target="tools" />
  </files>
</package>
`,
	);
	const install = {
		"chocolateyinstall.ps1": `$ErrorActionPreference = 'Stop'
$package = @{
  packageName    = 'cfm'
  fileType       = 'exe'
  url64bit       = '${url}'
  checksum64     = '${hash}'
  checksumType64 = 'sha256'
  silentArgs     = '/S'
  validExitCodes = @(0, 3010)
}
Install-ChocolateyPackage @package
`,
		"chocolateyuninstall.ps1": `$ErrorActionPreference = 'Stop'
$key = Get-UninstallRegistryKey -SoftwareName 'cfm'
$package = @{
  packageName    = 'cfm'
  fileType       = 'exe'
  silentArgs     = '/S'
  validExitCodes = @(0, 3010)
  file           = $key.UninstallString.Trim('"')
}
Uninstall-ChocolateyPackage @package
`,
	};
	for (const [name, text] of Object.entries(install))
		writeFileSync(join(folder, "tools", name), text.replaceAll("\n", "\r\n"));
}
