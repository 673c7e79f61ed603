import { loadWindows, type Pointer } from "./native.js";

/** EVENTLOG_INFORMATION_TYPE (winnt.h). */
const information = 4;

/**
 * Writes an entry into Windows' Application log, under the source `cfm`. Nobody registered a file with its texts: Event Viewer
 * says so, and shows the text below.
 *
 * https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-reporteventw
 *
 * @throws when Windows refuses
 */
export async function reportEvent(text: string): Promise<void> {
	const windows = await loadWindows();
	const register = windows.bind("advapi32", "void *__stdcall RegisterEventSourceW(str16 server, str16 source)");
	const report = windows.bind(
		"advapi32",
		"bool __stdcall ReportEventW(void *log, uint16 type, uint16 category, uint32 id, void *sid, uint16 strings, uint32 bytes, const str16 *texts, void *data)",
	);
	const source = register(null, "cfm") as Pointer;
	if (source === null) throw new Error("RegisterEventSourceW failed");
	try {
		if (!report(source, information, 0, 1, null, 1, 0, [text], null)) throw new Error("ReportEventW failed");
	} finally {
		windows.bind("advapi32", "bool __stdcall DeregisterEventSource(void *log)")(source);
	}
}
