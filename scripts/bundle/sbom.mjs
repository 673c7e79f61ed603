// The parts of a bundle as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): of what was bundled, not of what npm installed.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * @param packages as `shippedPackages` tells them
 * @param {{version: string, platform: string, node: {version: string, file: string}, time: Date}} of
 * @returns {string} JSON
 */
export function sbom(packages, { version, platform, node, time }) {
	const purl = (name, at) => `pkg:npm/${name.replace("@", "%40")}@${at}`;
	const runtime = createHash("sha256").update(readFileSync(node.file)).digest("hex");
	const components = [
		...packages.map(({ name, version: at, license, integrity }) => ({
			...{ type: "library", "bom-ref": purl(name, at), name, version: at, purl: purl(name, at) },
			licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
			...(integrity?.startsWith("sha512-") && {
				// Of the package as its registry has it.
				externalReferences: [
					{ type: "distribution", url: purl(name, at), hashes: [{ alg: "SHA-512", content: hex(integrity) }] },
				],
			}),
		})),
		{
			...{ type: "platform", "bom-ref": `node@${node.version}`, name: "node", version: node.version },
			...{ purl: `pkg:generic/node@${node.version}`, licenses: [{ license: { name: "Node.js license" } }] },
			hashes: [{ alg: "SHA-256", content: runtime }],
		},
	];
	const self = { type: "application", "bom-ref": `cfm@${version}`, name: "cfm", version };
	return `${JSON.stringify(
		{
			bomFormat: "CycloneDX",
			specVersion: "1.6",
			version: 1,
			metadata: {
				timestamp: time.toISOString().replace(/\.\d+Z$/, "Z"),
				component: { ...self, properties: [{ name: "cfm:platform", value: platform }] },
			},
			components,
			dependencies: [{ ref: self["bom-ref"], dependsOn: components.map((one) => one["bom-ref"]) }],
		},
		null,
		"\t",
	)}\n`;
}

const hex = (integrity) => Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
