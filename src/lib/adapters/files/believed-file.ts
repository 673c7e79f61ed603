import { t } from "../../text.js";
import { readRegularFile } from "./trusted-file.js";

/** The certificates that a setting tells `cfm` to believe. @throws CfmError as `readRegularFile` */
export function readBelieved(file: string): Buffer {
	return readRegularFile(file, { trusted: { hints: [t`Copy it to a folder that only administrators can write.`] } });
}
