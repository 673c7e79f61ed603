// The picture of a terminal, made from what it was sent.

const colours = { 1: "bold", 2: "quiet", 31: "bad", 32: "good", 33: "caution", 34: "quiet" };
const size = { letter: 7.8, line: 18, edge: 16 };

/** What is left of a terminal's text without its colours. */
export function plainText(screen) {
	return screen.replace(/\u001b\[[\d;?]*[A-Za-z]/g, "");
}

/**
 * Each command with its answer, one below the other; each appears a little after the one before.
 *
 * @param ran the lines as they were typed, with what the terminal was sent
 */
export function drawTerminal(ran, columns) {
	const steps = ran.map(({ line, screen }) => [[{ text: line, style: "typed" }], ...styled(screen.trimEnd()), []]);
	const width = Math.ceil(columns * size.letter + 2 * size.edge);
	const height = steps.flat().length * size.line + 2 * size.edge - size.line;
	let row = 0;
	const groups = steps.map((lines, at) => {
		const texts = lines.map((spans) => {
			row += 1;
			const y = size.edge + row * size.line - 5;
			return spans.length === 0 ? "" : `<text x="${size.edge}" y="${y}">${spans.map(span).join("")}</text>`;
		});
		return `<g style="animation-delay:${at * 1.5}s">\n${texts.filter(Boolean).join("\n")}\n</g>`;
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A terminal with the commands of the README and what they print">
<style>
text { font: 13px ui-monospace, Consolas, "DejaVu Sans Mono", monospace; fill: #d7dce2; white-space: pre; }
.typed { fill: #ffffff; font-weight: bold; } .bold { font-weight: bold; } .quiet { fill: #9aa4b0; }
.good { fill: #7ee08a; } .caution { fill: #f2c661; } .bad { fill: #ff8f8a; }
@media (prefers-reduced-motion: no-preference) { g { animation: appear 0.3s backwards; } }
@keyframes appear { from { opacity: 0; } }
</style>
<rect width="${width}" height="${height}" rx="8" fill="#1b2028"/>
${groups.join("\n")}
</svg>
`;
}

/** Lines of spans, each with the style that its colour stands for. */
function styled(screen) {
	let style = "";
	return screen.split("\n").map((line) =>
		line.split(/(\u001b\[[\d;?]*[A-Za-z])/).flatMap((part) => {
			const [, code] = /^\u001b\[(\d*)m$/.exec(part) ?? [];
			if (code !== undefined) style = colours[code] ?? "";
			return part === "" || part.startsWith("\u001b") ? [] : [{ text: part, style }];
		}),
	);
}

function span({ text, style }) {
	const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
	// Every letter takes as much as a cell of the terminal, whatever font there is.
	return `<tspan class="${style}" textLength="${(text.length * size.letter).toFixed(1)}" lengthAdjust="spacingAndGlyphs">${safe}</tspan>`;
}
