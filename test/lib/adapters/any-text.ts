import fc from "../../property.js";

/** Any text a page may store: every 16-bit unit, alone or not. */
export const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));
