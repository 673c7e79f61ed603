import type { FreeIds, Registry, RegistryView } from "./registry.js";

/** An ID that a plan gives to somebody, and that nobody has yet. */
export interface PromisedId {
	environment: string;
	id: number;
}

/**
 * A registry to plan with, in which IDs that earlier plans give are free no more: what each of several commands would do is
 * told as it will be when those before it were run.
 */
export function asGiven(registry: Registry, promised: readonly PromisedId[]): Registry {
	if (promised.length === 0) return registry;
	const read: Registry["read"] = (work) => registry.read((view) => work(viewAsGiven(view, promised)));
	return overlaid(registry, { read });
}

function viewAsGiven(view: RegistryView, promised: readonly PromisedId[]): RegistryView {
	const idsOf = (name: string) =>
		new Set(promised.flatMap(({ environment, id }) => (environment === name ? [id] : [])));
	const lowestFree: RegistryView["lowestFree"] = async (environment, count) => {
		const gone = idsOf(environment);
		const free = await view.lowestFree(environment, count + gone.size);
		return free.filter((id) => !gone.has(id)).slice(0, count);
	};
	return overlaid(view, {
		lowestFree,
		isFree: async (environment: string, id: number) =>
			!idsOf(environment).has(id) && (await view.isFree(environment, id)),
		async free(environment: string): Promise<FreeIds> {
			let taken = 0;
			for (const id of idsOf(environment)) if (await view.isFree(environment, id)) taken += 1;
			const { count } = await view.free(environment);
			const [first = null] = await lowestFree(environment, 1);
			return { count: count - taken, first };
		},
		async quarantineOver(environment: string, now: string) {
			const gone = idsOf(environment);
			return (await view.quarantineOver(environment, now)).filter(({ id }) => !gone.has(id));
		},
	});
}

/** The same object with some of its methods replaced; all others are its own. */
function overlaid<T extends object>(own: T, instead: Partial<T>): T {
	return new Proxy(own, {
		get(target, name) {
			if (Object.hasOwn(instead, name)) return Reflect.get(instead, name);
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}
