/**
 * Works on what comes one by one, on several at the same time, and gives the results in the order of what came.
 *
 * @param most how many are worked on at the same time
 */
export async function* ahead<T, R>(
	source: AsyncIterable<T>,
	most: number,
	work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
	const begun: Promise<R>[] = [];
	for await (const item of source) {
		const next = work(item);
		// Heard when its turn comes; until then it is no error that nobody hears.
		next.catch(() => {});
		begun.push(next);
		if (begun.length >= most) yield (await begun.shift()) as R;
	}
	for (const one of begun) yield await one;
}
