/** A text as HTML says it, also inside an attribute's quotation marks. */
export function escaped(text: string): string {
	const names: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
	return text.replace(/[&<>"]/g, (sign) => names[sign] ?? sign);
}
