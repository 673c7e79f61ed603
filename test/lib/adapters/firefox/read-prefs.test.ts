import { expect, it } from "vitest";
import { prefsIn } from "../../../../src/lib/adapters/firefox/read-prefs.js";

it.each([
	['user_pref("a\\\\b", 1);', [["a\\b", 1]]],
	['user_pref("a\\n\\r\\"\\\'", true);', [["a\n\r\"'", true]]],
	['user_pref("\\x41\\u00e9", "x");', [["Aé", "x"]]],
	// Firefox refuses an escape that it does not know, and the statement with it; the next one counts.
	['user_pref("a\\b", 1); user_pref("c", 2);', [["c", 2]]],
	['user_pref("a", "\\t"); user_pref("c", 2);', [["c", 2]]],
	['user_pref("\\x4", 1); user_pref("c", 2);', [["c", 2]]],
	['user_pref("\\x00", 1); user_pref("\\u0000", 1); user_pref("c", 2);', [["c", 2]]],
	['user_pref("\\\\x00", 1);', [["\\x00", 1]]],
])("%s", (text, prefs) => {
	expect([...prefsIn(text)]).toEqual(prefs);
});
