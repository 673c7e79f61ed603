import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { progress } from "../../../src/lib/cli/progress.js";
import { atTerminal, keptStreams } from "./streams-of.js";

beforeEach(() => {
	vi.useFakeTimers();
	// It counts from the start of the process, which in these tests is now.
	vi.spyOn(process, "uptime").mockReturnValue(0);
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

describe("progress", () => {
	it("is silent off a terminal, however long it takes", () => {
		const streams = keptStreams({ outIsTerminal: true });
		for (const total of [undefined, 100]) {
			const one = progress(streams, "Checking", total);
			vi.advanceTimersByTime(60_000);
			one.at(50);
			one.end();
		}
		expect(streams.written).toEqual({ out: "", err: "" });
		expect(vi.getTimerCount()).toBe(0);
	});

	it("is silent for work of less than a second", () => {
		const streams = keptStreams(atTerminal);
		const one = progress(streams, "Checking");
		vi.advanceTimersByTime(990);
		one.end();
		vi.advanceTimersByTime(10_000);
		expect(streams.written).toEqual({ out: "", err: "" });
		expect(vi.getTimerCount()).toBe(0);
	});

	it("counts the time on stderr when nobody knows how much is left, and wipes the line at the end", () => {
		const streams = keptStreams(atTerminal);
		const one = progress(streams, "Installing");
		vi.advanceTimersByTime(2100);
		expect(streams.written.err).toContain("\rInstalling 2 s".replace("\r", "\r\u001b[2K"));
		vi.advanceTimersByTime(60_000);
		expect(streams.written.err).toContain("Installing 1 min 2 s");
		one.end();
		expect(streams.written.err.endsWith("\r\u001b[2K")).toBe(true);
		expect(streams.written.out).toBe("");
	});

	it("draws a bar when the total is known, ten times a second at most", () => {
		const streams = keptStreams(atTerminal);
		const one = progress(streams, "Importing", 200);
		one.at(1);
		expect(streams.written.err).toBe("");
		vi.advanceTimersByTime(1500);
		for (let done = 2; done <= 100; done++) one.at(done);
		expect(streams.written.err.match(/\r/g)).toHaveLength(1);
		vi.advanceTimersByTime(200);
		one.at(100);
		expect(streams.written.err).toContain("Importing [############............] 100 of 200");
		one.end();
	});

	it("draws no bar longer than whole, and none of nothing", () => {
		const streams = keptStreams(atTerminal);
		const [over, nothing] = [progress(streams, "A", 10), progress(streams, "B", 0)];
		vi.advanceTimersByTime(1500);
		over.at(20);
		nothing.at(0);
		expect(streams.written.err).toContain(`A [${"#".repeat(24)}] 20 of 10`);
		expect(streams.written.err).toContain(`B [${".".repeat(24)}] 0 of 0`);
	});
});
