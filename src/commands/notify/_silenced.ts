import { localTime } from "../../lib/cli/time.js";
import type { Block } from "../../lib/cli/view.js";
import type { SilenceAnswer } from "../../lib/notice/silence-item.js";
import { t } from "../../lib/text.js";
import { recordedText, type Tried } from "../_recorded.js";

/** What ack and snooze say. */
export function silencedBlocks({ silence, changed, dryRun }: SilenceAnswer & Tried): Block[] {
	const { item, until } = silence;
	return [
		{ line: recordedText(item, { changed, dryRun }) },
		{
			line: until === null ? t`Nobody is told of it any more.` : t`Nobody is told of it before ${localTime(until)}.`,
		},
	];
}
