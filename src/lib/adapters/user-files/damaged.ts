/** Bytes are not what their checksum or their structure says. Caught by the readers of the stores. */
export class DamagedError extends Error {
	override readonly name = "DamagedError";
}

/** A file that was there a moment ago is gone, or shorter: whoever has the store open changed it. Read again. */
export class ChangedError extends Error {
	override readonly name = "ChangedError";
}
