/** A folder that a system was asked to hold: where it really is, and what gives it back. */
export interface HeldFolder {
	real: string;
	close(): void;
}

/**
 * Opens a folder, no link followed at its end, so that nobody can rename or remove it until it is given back.
 *
 * @param isOnlyPassed whoever may only pass through it need not be able to list it
 * @throws an error of the system (EACCES; EBUSY where somebody is about to do just that)
 */
export type HoldFolder = (path: string, isOnlyPassed: boolean) => HeldFolder;

let holder: HoldFolder | undefined;

/** Says by what folders are held, where Node cannot: once in each process, before the first of a user's is opened. */
export function holdFoldersBy(hold: HoldFolder): void {
	holder = hold;
}

/**
 * A folder held together with all those that lead to it. None of these can be replaced by a link meanwhile: what is held
 * cannot be renamed, and a folder with something in it cannot be turned into a link.
 */
export class Hold {
	private uses = 1;

	private constructor(
		private readonly held: HeldFolder,
		private readonly above: Hold | undefined,
	) {}

	/** @throws an error of the system */
	static of(path: string, isOnlyPassed: boolean, above: Hold | undefined): Hold {
		if (holder === undefined) throw new Error("nothing was set that holds folders");
		const hold = new Hold(holder(path, isOnlyPassed), above);
		if (above !== undefined) above.uses += 1;
		return hold;
	}

	/** Where it really is. */
	get real(): string {
		return this.held.real;
	}

	release(): void {
		this.uses -= 1;
		if (this.uses > 0) return;
		this.held.close();
		this.above?.release();
	}
}
