/**
 * SQL that puts so many IDs and their events into an empty registry, in environments of 40,000: every port stays below 65,536.
 * The hashes are as long as real ones, and nobody checks them.
 */
export function filled(rows: number): string {
	const since = "2026-01-15T09:30:00.000Z";
	const row = `'{"environment":"farm' || number || '","id":' || id || ',"state":"allocated","user":"CORP\\\\f' || id
			|| '","sid":null,"note":null,"since":"${since}","until":null}'`;
	return `CREATE TABLE public.ids AS
			SELECT at, 1000 + at / 40000 AS number, at % 40000 + 1 AS id FROM generate_series(0, ${rows - 1}) AS at;
		INSERT INTO cfm.environments (environment, name, first_id, last_id, port_base, port_stride, quarantine_days)
			SELECT DISTINCT number, 'farm' || number, 1, 40000, 24250, 1, 30 FROM public.ids;
		INSERT INTO cfm.allocations SELECT number, id, 'allocated', 'CORP\\f' || id, 'f' || id, 'corp', NULL, NULL, '${since}', NULL
			FROM public.ids;
		INSERT INTO cfm.events SELECT (SELECT seq FROM cfm.chain) + 1 + at, '${since}', 'bench', 'bench', 'ids allocate', 'allocate',
			'farm' || number, 'CORP\\f' || id, id, NULL, ${row}, NULL, 'fill-' || at, repeat(md5(at::text), 2) FROM public.ids;
		UPDATE cfm.chain SET seq = seq + ${rows};
		DROP TABLE public.ids;
		VACUUM ANALYZE cfm.allocations; VACUUM ANALYZE cfm.events;`;
}
