// All of docs/ as one HTML file that needs no server and no network.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join, posix } from "node:path";
import { Marked, Renderer } from "marked";

/** The pages that lead, in their order; what else there is follows by its name. */
const first = [
	"README.md",
	"docs/install.md",
	"docs/tour.md",
	"docs/web-ids.md",
	"docs/troubleshooting.md",
	"docs/operation.md",
];
/** For those who build cfm; and what the pages of commands and findings hold already. */
const left = /^docs\/(decisions|architecture\.md|translating\.md)|\/remarks\//;

/** Of what only a build with a key has. */
const ofUpdates = "docs/updates.md";

/**
 * @param {string} root the repository
 * @param {string} version of cfm
 * @param {boolean} updates whether this cfm has `self update`
 */
export function docsPage(root, version, updates) {
	const pages = pagesOf(root).filter((page) => updates || page !== ofUpdates);
	const chapters = pages.map((page) => chapter(root, page, pages));
	const entries = chapters.map(({ id, title }) => `<li><a href="#${id}">${title}</a></li>`).join("\n");
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>cfm ${version}</title>
<style>${style}</style>
</head>
<body>
<nav aria-label="Pages"><ol>
${entries}
</ol></nav>
<main>
${chapters.map(({ html }) => html).join("\n")}
</main>
</body>
</html>
`;
}

function pagesOf(root) {
	const below = readdirSync(join(root, "docs"), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
		.map((entry) =>
			posix.join("docs", entry.parentPath.slice(join(root, "docs").length).replaceAll("\\", "/"), entry.name),
		)
		.filter((page) => !left.test(page))
		.sort();
	return [...new Set([...first, ...below])];
}

const idOf = (page) =>
	page
		.replace(/\.md$/, "")
		.replace(/[^a-z0-9]+/gi, "-")
		.toLowerCase();

/** One page, with its links and pictures made to work inside the one file. */
function chapter(root, page, pages) {
	const folder = posix.dirname(page);
	const renderer = new Renderer();
	const plain = new Renderer();
	let title = page;
	const anchors = new Map();
	renderer.heading = function heading({ tokens, depth, text }) {
		if (depth === 1) title = escaped(text.replace(/[`*]/g, ""));
		// As GitHub makes them, which our links are written for.
		const slug = text
			.toLowerCase()
			.replace(/[^\p{L}\p{N} _-]/gu, "")
			.replaceAll(" ", "-");
		const times = anchors.get(slug) ?? 0;
		anchors.set(slug, times + 1);
		const id = depth === 1 ? idOf(page) : `${idOf(page)}--${slug}${times === 0 ? "" : `-${times}`}`;
		const level = Math.min(depth + 1, 6);
		return `<h${level} id="${id}">${this.parser.parseInline(tokens)}</h${level}>\n`;
	};
	renderer.link = function link(token) {
		const [path, anchor] = token.href.split("#");
		const text = this.parser.parseInline(token.tokens);
		if (/^[a-z]+:/i.test(token.href)) return plain.link.call(this, token);
		const target = path === "" ? page : posix.normalize(posix.join(folder, path));
		const known = pages.includes(target) ? target : pages.find((one) => one === posix.join(target, "README.md"));
		if (known === undefined) return text;
		return `<a href="#${idOf(known)}${anchor === undefined ? "" : `--${anchor}`}">${text}</a>`;
	};
	renderer.image = ({ href, text }) => `<img alt="${escaped(text)}" src="${picture(root, posix.join(folder, href))}">`;
	renderer.html = ({ text }) =>
		text.replace(/(src|srcset)="([^":]+)"/g, (_, name, href) => `${name}="${picture(root, posix.join(folder, href))}"`);
	const html = new Marked({ renderer }).parse(readFileSync(join(root, page), "utf8"));
	return { id: idOf(page), title, html: `<section>\n${html}</section>` };
}

function picture(root, file) {
	const kinds = { ".svg": "image/svg+xml", ".png": "image/png" };
	const bytes = readFileSync(join(root, dirname(file), posix.basename(file)));
	return `data:${kinds[extname(file)]};base64,${bytes.toString("base64")}`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; grid-template-columns: minmax(14rem, 20rem) minmax(0, 60rem); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; font-size: 0.85rem; border-right: 1px solid #8886; }
nav ol { list-style: none; margin: 0; padding: 1rem; }
main { padding: 0 2rem 4rem; }
section + section { border-top: 1px solid #8886; margin-top: 3rem; }
pre { overflow: auto; padding: 0.75rem; background: #8882; line-height: 1.2; }
code { font-family: Consolas, monospace; font-size: 0.9em; }
table { border-collapse: collapse; display: block; overflow: auto; }
th, td { border: 1px solid #8886; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; }
img { max-width: 100%; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; max-height: 40vh; } }
@media print { nav { display: none; } body { display: block; } }
`;
