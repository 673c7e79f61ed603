import type { ServerFunction } from "./server-function.js";

export const environmentNumber: ServerFunction = {
	name: "environment_number",
	parameters: "p_name text, p_at integer",
	returns: "bigint",
	for: "nobody",
	body: `
DECLARE n bigint;
BEGIN
	SELECT environment INTO n FROM cfm.environments WHERE lower(name) = lower(p_name COLLATE "C");
	IF n IS NULL THEN RAISE EXCEPTION 'no such environment' USING ERRCODE = 'CF004', DETAIL = p_at::text; END IF;
	RETURN n;
END`,
};

/** Whether a text is a time as events tell it, a day, or none: what is no time could stop whoever reads it. */
export const isTime: ServerFunction = {
	name: "is_time",
	parameters: "p_text text",
	returns: "boolean",
	for: "nobody",
	language: "sql",
	body: `SELECT coalesce(p_text ~ '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z)?$', true)`,
};

/** Takes an ID out of those that are free; false when it is not. To be called before its row is written. */
export const takeId: ServerFunction = {
	name: "take_id",
	parameters: "p_environment bigint, p_id bigint",
	returns: "boolean",
	for: "nobody",
	body: `
DECLARE e record; g record; above bigint;
BEGIN
	SELECT first_id, last_id INTO STRICT e FROM cfm.environments WHERE environment = p_environment;
	above := coalesce((SELECT id + 1 FROM cfm.allocations WHERE environment = p_environment ORDER BY id DESC LIMIT 1),
		e.first_id);
	IF p_id > e.last_id THEN RETURN false; END IF;
	IF p_id >= above THEN
		IF p_id > above THEN INSERT INTO cfm.gaps VALUES (p_environment, above, p_id - 1); END IF;
		RETURN true;
	END IF;
	SELECT lo, hi INTO g FROM cfm.gaps WHERE environment = p_environment AND lo <= p_id ORDER BY lo DESC LIMIT 1;
	IF NOT FOUND OR g.hi < p_id THEN RETURN false; END IF;
	IF g.lo < p_id THEN UPDATE cfm.gaps SET hi = p_id - 1 WHERE environment = p_environment AND lo = g.lo;
	ELSE DELETE FROM cfm.gaps WHERE environment = p_environment AND lo = g.lo; END IF;
	IF g.hi > p_id THEN INSERT INTO cfm.gaps VALUES (p_environment, p_id + 1, g.hi); END IF;
	RETURN true;
END`,
};

/** Puts an ID back that was held. To be called when its row is gone. */
export const giveId: ServerFunction = {
	name: "give_id",
	parameters: "p_environment bigint, p_id bigint",
	returns: "void",
	for: "nobody",
	body: `
DECLARE above bigint; v_lo bigint := p_id; v_hi bigint := p_id;
BEGIN
	above := coalesce((SELECT id + 1 FROM cfm.allocations WHERE environment = p_environment ORDER BY id DESC LIMIT 1),
		(SELECT first_id FROM cfm.environments WHERE environment = p_environment));
	IF p_id >= above THEN
		DELETE FROM cfm.gaps WHERE environment = p_environment AND lo >= above;
		RETURN;
	END IF;
	DELETE FROM cfm.gaps WHERE environment = p_environment AND lo = p_id + 1 RETURNING hi INTO v_hi;
	v_hi := coalesce(v_hi, p_id);
	UPDATE cfm.gaps SET hi = v_hi WHERE environment = p_environment AND hi = p_id - 1 AND lo =
		(SELECT g.lo FROM cfm.gaps g WHERE g.environment = p_environment AND g.lo < p_id ORDER BY g.lo DESC LIMIT 1);
	IF NOT FOUND THEN INSERT INTO cfm.gaps VALUES (p_environment, v_lo, v_hi); END IF;
END`,
};

/** What an event says of an ID must be what becomes of it: only what names are found by is the client's to say. */
export const applyAllocation: ServerFunction = {
	name: "apply_allocation",
	parameters: "p_change jsonb, p_at integer",
	returns: "void",
	for: "nobody",
	body: `
DECLARE
	n bigint := cfm.environment_number(p_change->>'environment', p_at);
	v_id bigint := (p_change->>'id')::bigint;
	was jsonb := (p_change->>'before')::jsonb;
	will jsonb := (p_change->>'after')::jsonb;
	now jsonb;
BEGIN
	IF coalesce((was->>'id')::bigint, v_id) <> v_id OR coalesce((will->>'id')::bigint, v_id) <> v_id
		OR lower(coalesce(will->>'environment', was->>'environment') COLLATE "C") <> lower((p_change->>'environment') COLLATE "C") THEN
		RAISE EXCEPTION 'the event tells of another ID' USING ERRCODE = 'CF008', DETAIL = p_at::text;
	END IF;
	IF p_change->>'subject' IS DISTINCT FROM coalesce(will->>'user', was->>'user', 'ID ' || v_id) THEN
		RAISE EXCEPTION 'the event tells of another user' USING ERRCODE = 'CF008', DETAIL = p_at::text;
	END IF;
	IF NOT (cfm.is_time(will->>'since') AND cfm.is_time(will->>'until')) THEN
		RAISE EXCEPTION 'not a time' USING ERRCODE = 'CF008', DETAIL = p_at::text;
	END IF;
	IF was IS NULL THEN
		IF NOT cfm.take_id(n, v_id) THEN RAISE EXCEPTION 'not free' USING ERRCODE = 'CF001', DETAIL = p_at::text; END IF;
	ELSE
		SELECT jsonb_build_object('state', state, 'user', "user", 'sid', sid, 'note', note, 'since', since, 'until', until)
			INTO now FROM cfm.allocations WHERE environment = n AND id = v_id;
		IF now IS NULL OR now <> jsonb_build_object('state', was->'state', 'user', was->'user', 'sid', was->'sid',
			'note', was->'note', 'since', was->'since', 'until', was->'until') THEN
			RAISE EXCEPTION 'not as it was' USING ERRCODE = 'CF002', DETAIL = p_at::text;
		END IF;
	END IF;
	IF will IS NULL THEN
		DELETE FROM cfm.allocations WHERE environment = n AND id = v_id;
		PERFORM cfm.give_id(n, v_id);
		RETURN;
	END IF;
	IF (will->>'user' IS NULL) <> (p_change->>'nameKey' IS NULL) OR (will->>'user' IS NULL) <> (p_change->>'domainKey' IS NULL) THEN
		RAISE EXCEPTION 'a user without a name to be found by' USING ERRCODE = 'CF008', DETAIL = p_at::text;
	END IF;
	IF will->>'state' = 'allocated' AND (
		EXISTS (SELECT FROM cfm.allocations WHERE state = 'allocated' AND name_key = p_change->>'nameKey'
			AND domain_key = p_change->>'domainKey' AND environment = n AND id <> v_id)
		OR EXISTS (SELECT FROM cfm.allocations WHERE state = 'allocated' AND sid = will->>'sid' AND environment = n
			AND id <> v_id)) THEN
		RAISE EXCEPTION 'has an ID' USING ERRCODE = 'CF003', DETAIL = p_at::text;
	END IF;
	INSERT INTO cfm.allocations VALUES (n, v_id, will->>'state', will->>'user', p_change->>'nameKey',
		p_change->>'domainKey', will->>'sid', will->>'note', will->>'since', will->>'until')
	ON CONFLICT (environment, id) DO UPDATE SET state = excluded.state, "user" = excluded."user",
		name_key = excluded.name_key, domain_key = excluded.domain_key, sid = excluded.sid, note = excluded.note,
		since = excluded.since, until = excluded.until;
END`,
};

/**
 * Gives many new IDs at once; false, and nothing done, unless each is what `apply_allocation` would give without a question:
 * then it does, one after the other, and says which rule does not hold.
 */
export const giveTogether: ServerFunction = {
	name: "give_together",
	parameters: "p_changes jsonb",
	returns: "boolean",
	for: "nobody",
	body: `
DECLARE
	e record; a record; above bigint; v_ids bigint[]; v_los bigint[]; v_his bigint[];
BEGIN
	-- Few are not worth it.
	IF jsonb_array_length(p_changes) < 10 OR EXISTS (SELECT FROM jsonb_array_elements(p_changes) AS x WHERE NOT coalesce(
		x->>'kind' = 'allocation' AND (x->>'action') = ANY (cfm.allocation_actions()) AND x->>'before' IS NULL
		AND x->>'after' IS NOT NULL AND x->>'nameKey' IS NOT NULL AND x->>'domainKey' IS NOT NULL, false)) THEN
		RETURN false;
	END IF;
	SELECT array_agg(id) AS ids, array_agg(name) AS names, array_agg(domain) AS domains, array_agg(will->>'user') AS users,
		array_agg(will->>'sid') AS sids, array_agg(will->>'note') AS notes, array_agg(will->>'since') AS sinces,
		min(environment) AS environment, max(id) AS highest,
		bool_and(coalesce(will->>'state' = 'allocated' AND will->>'user' IS NOT NULL AND will->>'until' IS NULL
			AND subject = will->>'user' AND cfm.is_time(will->>'since') AND (will->>'id')::bigint = id AND lower((will->>'environment') COLLATE "C") = environment, false))
			AND min(environment) = max(environment) AND count(DISTINCT id) = count(*)
			AND count(DISTINCT (name, domain)) = count(*) AND count(DISTINCT will->>'sid') = count(will->>'sid') AS are_plain
		INTO a FROM (SELECT (x->>'id')::bigint AS id, x->>'nameKey' AS name, x->>'domainKey' AS domain,
			x->>'subject' AS subject, (x->>'after')::jsonb AS will, lower((x->>'environment') COLLATE "C") AS environment
			FROM jsonb_array_elements(p_changes) AS x) AS told;
	IF NOT a.are_plain THEN RETURN false; END IF;
	SELECT environment, first_id, last_id INTO e FROM cfm.environments WHERE lower(name) = a.environment;
	IF NOT FOUND OR a.highest > e.last_id THEN RETURN false; END IF;
	-- One look-up for each, whatever the server knows of its tables: a join may read all that the environment has for each.
	IF EXISTS (SELECT FROM unnest(a.names, a.domains) AS t(name, domain), LATERAL (SELECT FROM cfm.allocations
			WHERE state = 'allocated' AND name_key = t.name AND domain_key = t.domain AND environment = e.environment LIMIT 1) AS has)
		OR EXISTS (SELECT FROM unnest(a.sids) AS t(of_user), LATERAL (SELECT FROM cfm.allocations
			WHERE state = 'allocated' AND sid = t.of_user AND environment = e.environment LIMIT 1) AS has) THEN
		RETURN false;
	END IF;
	above := coalesce((SELECT id + 1 FROM cfm.allocations WHERE environment = e.environment ORDER BY id DESC LIMIT 1),
		e.first_id);
	-- Where each lies: in a gap, or above all that are held.
	SELECT array_agg(t.id ORDER BY t.id), array_agg(CASE WHEN t.id >= above THEN above ELSE g.lo END ORDER BY t.id),
		array_agg(CASE WHEN t.id >= above THEN a.highest ELSE g.hi END ORDER BY t.id) INTO v_ids, v_los, v_his
		FROM unnest(a.ids) AS t(id) LEFT JOIN LATERAL (SELECT lo, hi FROM cfm.gaps
			WHERE environment = e.environment AND lo <= t.id ORDER BY lo DESC LIMIT 1) AS g ON g.hi >= t.id;
	IF array_position(v_los, NULL) IS NOT NULL THEN RETURN false; END IF;
	DELETE FROM cfm.gaps WHERE environment = e.environment AND lo = ANY (v_los);
	INSERT INTO cfm.gaps SELECT e.environment, lo, hi FROM (
		SELECT coalesce(lag(id) OVER (PARTITION BY lo ORDER BY id), lo - 1) + 1 AS lo, id - 1 AS hi
			FROM unnest(v_ids, v_los) AS t(id, lo)
		UNION ALL SELECT max(id) + 1, hi FROM unnest(v_ids, v_los, v_his) AS t(id, lo, hi) GROUP BY lo, hi
	) AS rest WHERE lo <= hi;
	INSERT INTO cfm.allocations SELECT e.environment, id, 'allocated', u, name, domain, s, note, since, NULL
		FROM unnest(a.ids, a.users, a.names, a.domains, a.sids, a.notes, a.sinces) AS t(id, u, name, domain, s, note, since);
	RETURN true;
END`,
};
