import type { PortState } from "../../../src/lib/client/machine.js";
import { type Known, known } from "../../../src/lib/known.js";
import type {
	ExcludedRange,
	Listener,
	Network,
	NetworkCommand,
	Owner,
	PortRange,
	TcpSocket,
	UserSession,
} from "../../../src/lib/port/network.js";
import { answersAtLoopback } from "../../../src/lib/port/whose.js";

/** A process that everything is known of. */
export function owner(user: string | null, own: Partial<Owner> = {}): Owner {
	return {
		pid: 4711,
		process: "certifio-manager-se.exe",
		user,
		sid: user === null ? null : `S-1-5-21-${user.length}`,
		session: 2,
		since: "2026-01-15T07:58:12.340Z",
		unknown: [],
		...own,
	};
}

/** What is told where processes have no names: under Wine, or of others' processes without administrators' rights. */
export const nobodyKnown: Owner = {
	pid: null,
	process: null,
	user: null,
	sid: null,
	session: null,
	since: null,
	unknown: ["pid", "process", "user", "session", "since"],
};

export function listener(port: number, of: Owner, own: Partial<Listener> = {}): Listener {
	return { address: "127.0.0.1", port, owner: of, sharedWith: [], ...own };
}

/** A connection, open or ended. */
export function connection(port: number, of: Owner, own: Partial<TcpSocket> = {}): TcpSocket {
	return { ...listener(port, of), state: "connected", remote: "192.0.2.7:443", ...own };
}

/** A network that answers as it is told, and does what `netsh` would: a range that is set apart is listed after. */
export class FakeNetwork implements Network {
	found: Known<Listener[]> = known([]);
	loggedOn: Known<UserSession[]> = known([]);
	ranges: Known<ExcludedRange[]> = known([]);
	outgoing: Known<PortRange> = known({ first: 49_152, last: 65_535 });
	/** Sockets that do not listen: each holds its port. */
	others: TcpSocket[] = [];
	/** By port; what nobody listens on and no range holds is free. */
	binds: Record<number, Known<PortState>> = {};
	/** The ports that somebody tried to bind. */
	readonly tried: number[] = [];
	/** What was run. */
	readonly done: string[] = [];
	/** Programs that fail, by their first words. */
	failing: string[] = [];
	/** Ports that no range may hold. */
	refusing: number[] = [];
	/** A netsh that says yes and does nothing. */
	isStub = false;
	/** How often the owners were asked for. */
	looks = 0;

	async listeners(): Promise<Known<Listener[]>> {
		this.looks += 1;
		return this.found;
	}

	async listening(): Promise<Known<ReadonlySet<number>>> {
		return this.found.known ? known(new Set(this.found.value.map(({ port }) => port))) : this.found;
	}

	async answering(): Promise<Known<ReadonlySet<number>>> {
		if (!this.found.known) return this.found;
		return known(new Set(this.found.value.filter(({ address }) => answersAtLoopback(address)).map(({ port }) => port)));
	}

	async sockets({ first, last }: PortRange): Promise<Known<TcpSocket[]>> {
		const listening = this.found.known ? this.found.value : [];
		const all = [...listening.map((one) => ({ ...one, state: "listening" as const, remote: null })), ...this.others];
		return known(all.filter(({ port }) => first <= port && port <= last));
	}

	async sessions(): Promise<Known<UserSession[]>> {
		return this.loggedOn;
	}

	async excluded(): Promise<Known<ExcludedRange[]>> {
		return this.ranges;
	}

	async dynamic(): Promise<Known<PortRange>> {
		return this.outgoing;
	}

	async bind(port: number): Promise<Known<PortState>> {
		this.tried.push(port);
		const told = this.binds[port];
		if (told !== undefined) return told;
		if (this.others.some((one) => one.port === port)) return known("in-use");
		if ((await this.listening()).known && this.found.known && this.found.value.some((one) => one.port === port)) {
			return known("in-use");
		}
		const kept = this.ranges.known && this.ranges.value.some((one) => !one.administered && within(one, port));
		return known(kept ? "excluded" : "free");
	}

	async configure({ program, words }: NetworkCommand): Promise<{ succeeded: boolean; told: string }> {
		const line = [program, ...words].join(" ");
		this.done.push(line);
		if (this.failing.some((start) => line.startsWith(start))) return { succeeded: false, told: "Access is denied." };
		const [, first, count] = /startport=(\d+) numberofports=(\d+)/.exec(line) ?? [];
		const isRefused = (port: number) => Number(first) <= port && port < Number(first) + Number(count);
		if (this.refusing.some(isRefused)) return { succeeded: false, told: "The process cannot access the file." };
		if (first !== undefined && this.ranges.known && !this.isStub) {
			const range = { first: Number(first), last: Number(first) + Number(count) - 1, administered: true };
			this.ranges = known([...this.ranges.value, range]);
		}
		return { succeeded: true, told: "" };
	}
}

function within({ first, last }: PortRange, port: number): boolean {
	return first <= port && port <= last;
}
