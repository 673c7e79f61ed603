import type {
	ClientState,
	Family,
	Fingerprint,
	LocalUser,
	Machine,
	Observation,
	PortState,
	ProgramKind,
	RegularEdition,
	RunningProcess,
	RunOutcome,
	Signature,
	WorkFolder,
} from "../../../src/lib/client/machine.js";
import { type ClientProfile, makeClientProfile } from "../../../src/lib/client/profile.js";
import { type Known, known } from "../../../src/lib/known.js";

export const folder = "C:\\Users\\ana\\AppData\\Roaming\\Notarius\\certifio-manager-se";
export const sha256 = "5e".repeat(32);
export const ana: LocalUser = {
	account: "CORP\\ana",
	sid: "S-1-5-21-1",
	profileFolder: "C:\\Users\\ana",
	isCurrent: true,
};

/** The profile that ships, with one second of patience. */
export const profile: ClientProfile = { ...makeClientProfile(undefined), settleSeconds: 1 };

export const nothing: Omit<ClientState, "user" | "folder"> = {
	installed: known(false),
	clientId: known(null),
	version: known(null),
	registered: known(false),
	running: known(false),
};

/** A client that is whole and runs, with this ID. */
export const client = (id: number, own: Partial<ClientState> = {}): Omit<ClientState, "user" | "folder"> => ({
	installed: known(true),
	clientId: known(id),
	version: known("1.2.3"),
	registered: known(true),
	running: known(true),
	...own,
});

export const exited = (returnCode: number, family?: Family): RunOutcome => ({
	...{ ended: "exited", returnCode, seconds: 1 },
	...(family && { family }),
});

/** What an installer started that ends at once: it works for so many looks. */
export function workingFor(looks: number): Family & { ended: boolean } {
	return {
		ended: false,
		async runs() {
			return known(!this.ended && looks-- > 0);
		},
		async end() {
			this.ended = true;
		},
	};
}

/** The program's file, told by a letter. */
export const program = (letter: string, day = 1): Fingerprint => ({
	sha256: letter.repeat(64),
	changedAt: `2026-03-0${day}T00:00:00.000Z`,
});

/** A process of Ana's client. */
export const running = (pid: number, more: Partial<RunningProcess> = {}): RunningProcess => ({
	...{
		pid,
		parent: 1,
		image: `${folder}\\certifio-manager-se.exe`,
		since: "2026-03-10T08:00:00.000Z",
		sid: "S-1-5-21-1",
	},
	...more,
});

/** What a program does when it is run: how it ends, and what it leaves for each user. */
export interface Ending {
	outcome: RunOutcome;
	leaves?: Omit<ClientState, "user" | "folder">;
	/** The program and the processes that are there then; without them, those of before. */
	program?: Fingerprint | null;
	processes?: RunningProcess[];
	/** It works on in the background: what it leaves is there only after so many more looks. */
	afterLooks?: number;
}

/**
 * A machine that answers as it is told, and records what it was asked to do.
 *
 * Its clock is the test's: `pause` only counts.
 */
export class FakeMachine implements Machine {
	readonly name = "TS01";
	/** What was done to the machine, in order: programs run, IDs stored, copies thrown away. */
	readonly done: string[] = [];
	readonly pauses: number[] = [];
	elevated: Known<boolean> = known(false);
	user = ana;
	localUsers: Known<LocalUser[]> = known([ana]);
	state: Omit<ClientState, "user" | "folder"> = nothing;
	signed: Known<Signature> = known({ status: "valid", signer: "CN=Notarius Inc" });
	open: Known<boolean> = known(false);
	ports: Record<number, Known<PortState>> = {};
	observations: Known<Observation[]> = known([]);
	program: Known<Fingerprint | null> = known(null);
	clientProcesses: Known<RunningProcess[]> = known([]);
	regular: Known<RegularEdition | null> = known({ program: null, startupEntry: null });
	rootCertificate: Known<boolean | null> = known(true);
	/** Processes that do not end when they are ended. */
	stubborn = false;
	kind: ProgramKind = "program";
	/** So often somebody else changes the client. */
	heldFor = 0;
	readonly system = "Windows";
	/** One for each run; the last one for all that follow. */
	endings: Ending[] = [{ outcome: exited(0), leaves: client(7) }];
	/** Whether an ID that is set is stored, too. */
	keepsId = true;
	private coming: (Pick<Ending, "program" | "processes"> & { state: FakeMachine["state"]; looks: number }) | undefined;

	readonly profiles: Machine["profiles"] = {
		currentUser: async () => this.user,
		users: async () => this.localUsers,
	};

	readonly client: Machine["client"] = {
		look: async (user) => {
			if (this.coming !== undefined && this.coming.looks-- <= 0) {
				this.state = this.coming.state;
				if (this.coming.program !== undefined) this.program = known(this.coming.program);
				if (this.coming.processes !== undefined) this.clientProcesses = known(this.coming.processes);
				this.coming = undefined;
			}
			return { user: user.account, folder, ...this.state };
		},
		isInstalled: async () => this.state.installed,
		setClientId: async (user, _, id) => {
			this.done.push(`client ID of ${user.account} = ${id}`);
			if (this.keepsId) this.state = { ...this.state, clientId: known(id) };
		},
		detect: async () => this.observations,
		uninstaller: () => `${folder}\\uninstall.exe`,
		program: () => `${folder}\\certifio-manager-se.exe`,
		fingerprint: async () => this.program,
		processes: async () => this.clientProcesses,
		regular: async () => this.regular,
		hasRootCertificate: async () => this.rootCertificate,
		forget: async (user) => {
			this.done.push(`forgotten for ${user.account}`);
			this.state = { ...this.state, clientId: known(null), registered: known(false), version: known(null) };
		},
	};

	readonly processes: Machine["processes"] = {
		list: async () => this.clientProcesses,
		listening: async (port) => {
			const { value: all = [] } = this.clientProcesses as { value?: RunningProcess[] };
			return known(this.listensOn(port) ? all.slice(0, 1).map(({ pid }) => pid) : []);
		},
		end: (pid) => {
			this.done.push(`ended ${pid}`);
			const { value: all = [] } = this.clientProcesses as { value?: RunningProcess[] };
			if (!this.stubborn) this.clientProcesses = known(all.filter((one) => one.pid !== pid));
		},
	};

	readonly hold: Machine["hold"] = async (name) => {
		if (this.heldFor > 0) {
			this.heldFor -= 1;
			return undefined;
		}
		this.held.push(name);
		return () => void this.held.pop();
	};

	/** Names that are held. */
	readonly held: string[] = [];

	/** As the host makes it. */
	readonly workFolder = async (): Promise<WorkFolder> => ({
		path: "(work)",
		discard: ({ later = false } = {}) => void this.done.push(later ? "copy left for later" : "copy discarded"),
	});

	/** A running client listens on the port of its ID (24250 + ID); other ports are free unless `ports` says more. */
	readonly loopback: Machine["loopback"] = {
		state: async (port) => this.ports[port] ?? known(this.listensOn(port) ? "in-use" : "free"),
		answers: async (port) => {
			const state = this.ports[port];
			return state?.known === false ? state : known(this.listensOn(port));
		},
	};

	readonly runner: Machine["runner"] = {
		run: async (file, words, { timeout }) => {
			this.done.push([file, ...words, ...(timeout === undefined ? [] : [`(${timeout} ms)`])].join(" "));
			const ending = this.endings.length > 1 ? this.endings.shift() : this.endings[0];
			if (ending?.leaves !== undefined) {
				this.coming = { ...ending, state: ending.leaves, looks: ending.afterLooks ?? 0 };
			}
			return ending?.outcome ?? exited(0);
		},
	};

	readonly installer: Machine["installer"] = {
		take: async (file) => ({ file: `(copy of ${file})`, sha256, kind: this.kind }),
		signature: async () => this.signed,
		openToOthers: async () => this.open,
	};

	readonly pause = async (milliseconds: number): Promise<void> => {
		this.pauses.push(milliseconds);
		this.now += milliseconds;
	};

	/** Milliseconds since 1970, for a stubbed Date.now. */
	now = Date.parse("2026-03-10T12:00:00.000Z");

	private listensOn(port: number): boolean {
		const { clientId, running } = this.state;
		return running.known && running.value && clientId.known && clientId.value === port - 24_250;
	}
}
