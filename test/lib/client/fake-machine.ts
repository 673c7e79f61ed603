import type {
	ClientState,
	LocalUser,
	Machine,
	Observation,
	PortState,
	RunOutcome,
	Signature,
} from "../../../src/lib/client/ports.js";
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

export const exited = (returnCode: number): RunOutcome => ({ ended: "exited", returnCode, seconds: 1 });

/** What a program does when it is run: how it ends, and what it leaves for each user. */
export interface Ending {
	outcome: RunOutcome;
	leaves?: Omit<ClientState, "user" | "folder">;
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
	/** One for each run; the last one for all that follow. */
	endings: Ending[] = [{ outcome: exited(0), leaves: client(7) }];
	/** Whether an ID that is set is stored, too. */
	keepsId = true;
	private coming: { state: FakeMachine["state"]; looks: number } | undefined;

	readonly profiles: Machine["profiles"] = {
		currentUser: async () => this.user,
		users: async () => this.localUsers,
	};

	readonly client: Machine["client"] = {
		look: async (user) => {
			if (this.coming !== undefined && this.coming.looks-- <= 0) {
				this.state = this.coming.state;
				this.coming = undefined;
			}
			return { user: user.account, folder, ...this.state };
		},
		isInstalled: () => this.state.installed,
		setClientId: async (user, _, id) => {
			this.done.push(`client ID of ${user.account} = ${id}`);
			if (this.keepsId) this.state = { ...this.state, clientId: known(id) };
		},
		detect: async () => this.observations,
		uninstaller: () => `${folder}\\uninstall.exe`,
	};

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
			if (ending?.leaves !== undefined) this.coming = { state: ending.leaves, looks: ending.afterLooks ?? 0 };
			return ending?.outcome ?? exited(0);
		},
	};

	readonly installer: Machine["installer"] = {
		take: async (file) => ({ file: `(copy of ${file})`, sha256, discard: () => this.done.push("copy discarded") }),
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
