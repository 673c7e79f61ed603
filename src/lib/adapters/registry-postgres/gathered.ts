/** Questions of one kind that wait for the others of their kind. */
interface Waiting<About, Key, Answer> {
	about: About;
	keys: Map<Key, Promise<Answer>>;
	ask: () => void;
}

/**
 * Makes one question of many that are asked side by side: whoever asks about each user of a list gets all the answers for one
 * flight. What is asked before anybody waits for an answer goes together.
 */
export class Gathered<About, Key, Answer> {
	private waiting = new Map<string, Waiting<About, Key, Answer>>();

	/** @param answers one for each key, in their order */
	constructor(private readonly answers: (about: About, keys: Key[]) => Promise<Answer[]>) {}

	/** @param group equal for questions that can be asked together */
	ask(group: string, about: About, key: Key): Promise<Answer> {
		const waiting = this.waiting.get(group) ?? this.begin(group, about);
		let answer = waiting.keys.get(key);
		if (answer === undefined) {
			answer = this.answerOf(waiting, key);
			waiting.keys.set(key, answer);
		}
		return answer;
	}

	private asked = new WeakMap<object, Promise<Map<Key, Answer>>>();

	private begin(group: string, about: About): Waiting<About, Key, Answer> {
		let ask = () => {};
		const together = new Promise<void>((resolve) => {
			ask = resolve;
		});
		const waiting: Waiting<About, Key, Answer> = { about, keys: new Map(), ask };
		this.waiting.set(group, waiting);
		this.asked.set(
			waiting,
			together.then(async () => {
				this.waiting.delete(group);
				const keys = [...waiting.keys.keys()];
				const answers = await this.answers(waiting.about, keys);
				return new Map(keys.map((one, at) => [one, answers[at] as Answer]));
			}),
		);
		// Behind everything that is about to go on now: those who go on ask, too.
		queueMicrotask(() => process.nextTick(ask));
		return waiting;
	}

	private async answerOf(waiting: object, key: Key): Promise<Answer> {
		return (await this.asked.get(waiting))?.get(key) as Answer;
	}
}
