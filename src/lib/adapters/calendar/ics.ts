import ical, { ICalCalendarMethod, ICalEventTransparency } from "ical-generator";
import type { Calendar } from "../../host/host.js";
import { visible } from "../../text.js";

/**
 * A calendar as a file (RFC 5545). Each entry is an instant in UTC, which every calendar shows by its own clock: an entry for a
 * whole day is on another day to the west.
 */
export function calendarFile({ name, sequence, stamp, entries }: Calendar): string {
	const calendar = ical({
		...{ name, method: ICalCalendarMethod.PUBLISH },
		prodId: { company: "cfm", product: "cfm", language: "EN" },
	});
	for (const { uid, at, summary, description } of entries) {
		calendar.createEvent({
			...{ id: uid, start: at, end: at, stamp, sequence, description: visible(description) },
			// Nobody is busy because something runs out.
			...{ summary: visible(summary), transparency: ICalEventTransparency.TRANSPARENT },
		});
	}
	return `${calendar.toString().replace(/(?:\r\n)?$/, "")}\r\n`;
}
