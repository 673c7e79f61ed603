import type { ServerFunction } from "./server-function.js";

/** The lock that everybody takes who changes anything: it orders the changes, and the chain of hashes. */
export const beginChange: ServerFunction = {
	name: "begin_change",
	parameters: "p_key text",
	returns: "jsonb",
	for: "writers",
	body: `
DECLARE c record; r record;
BEGIN
	PERFORM set_config('lock_timeout', '30s', true), set_config('idle_in_transaction_session_timeout', '60s', true);
	IF current_setting('synchronous_commit') IN ('off', 'local') THEN
		PERFORM set_config('synchronous_commit', 'on', true);
	END IF;
	SELECT seq, hash INTO STRICT c FROM cfm.chain FOR UPDATE;
	SELECT schema, moved_to INTO STRICT r FROM cfm.registry;
	RETURN jsonb_build_object('seq', c.seq, 'schema', r.schema, 'movedTo', r.moved_to,
		'answer', (SELECT to_jsonb(a) FROM cfm.answers a WHERE a.request_key = p_key));
END`,
};

/** The hash of an event over the very bytes of our own formula (`registry/event-chain.ts`). */
export const eventHash: ServerFunction = {
	name: "event_hash",
	parameters:
		"previous text, seq bigint, at text, actor text, machine text, command text, action text, environment text, subject text, id bigint, before text, after text, note text, request_key text",
	returns: "text",
	for: "nobody",
	language: "sql",
	body: `
SELECT encode(sha256(convert_to('[' || to_json(previous)::text || ',' || seq || ',' || to_json(at)::text || ','
	|| to_json(actor)::text || ',' || to_json(machine)::text || ',' || to_json(command)::text || ','
	|| to_json(action)::text || ',' || to_json(environment)::text || ',' || to_json(subject)::text || ','
	|| coalesce(id::text, 'null') || ',' || coalesce(to_json(before)::text, 'null') || ','
	|| coalesce(to_json(after)::text, 'null') || ',' || coalesce(to_json(note)::text, 'null') || ','
	|| to_json(request_key)::text || ']', 'UTF8')), 'hex')`,
};

/**
 * Makes changes and writes an event for each, chained to the one before. The transaction was begun by `begin_change`, or the
 * lock is got here.
 */
export const applyChanges: ServerFunction = {
	name: "apply_changes",
	parameters: "p_by jsonb, p_changes jsonb, p_answer jsonb",
	returns: "bigint",
	for: "writers",
	body: `
DECLARE
	c record; v_change jsonb; v_at integer := -1; v_registry text; r record; v_first bigint; v_hashes text[] := '{}';
	are_given boolean;
BEGIN
	SELECT seq, hash INTO STRICT c FROM cfm.chain FOR UPDATE;
	SELECT schema, moved_to INTO STRICT r FROM cfm.registry;
	v_first := c.seq;
	IF r.moved_to IS NOT NULL THEN RAISE EXCEPTION 'moved' USING ERRCODE = 'CF009', DETAIL = r.moved_to; END IF;
	SELECT regexp_replace(pg_get_userbyid(nspowner), '_owner$', '') INTO STRICT v_registry FROM pg_namespace WHERE nspname = 'cfm';
	IF jsonb_array_length(p_changes) > 0 AND NOT coalesce(cfm.is_time(p_by->>'at'), false) THEN
		RAISE EXCEPTION 'not a time' USING ERRCODE = 'CF008', DETAIL = '0';
	END IF;
	are_given := cfm.give_together(p_changes);
	FOR v_change IN SELECT value FROM jsonb_array_elements(p_changes) LOOP
		v_at := v_at + 1;
		IF are_given THEN
			NULL;
		ELSIF v_change->>'kind' = 'allocation' THEN
			IF NOT (v_change->>'action') = ANY (cfm.allocation_actions()) THEN
				RAISE EXCEPTION 'no such action' USING ERRCODE = 'CF008', DETAIL = v_at::text;
			END IF;
			PERFORM cfm.apply_allocation(v_change, v_at);
		ELSIF v_change->>'kind' <> 'act' THEN
			PERFORM cfm.apply_record(v_change, v_at, v_registry);
		ELSIF (v_change->>'action') = ANY (cfm.allocation_actions() || cfm.registry_actions())
			OR EXISTS (SELECT FROM cfm.kinds WHERE (v_change->>'action') = ANY (actions)) THEN
			RAISE EXCEPTION 'an act with the name of a change' USING ERRCODE = 'CF008', DETAIL = v_at::text;
		END IF;
		c.hash := cfm.event_hash(c.hash, c.seq + 1, p_by->>'at', p_by->>'actor', p_by->>'machine', p_by->>'command',
			v_change->>'action', v_change->>'environment', v_change->>'subject', (v_change->>'id')::bigint,
			v_change->>'before', v_change->>'after', v_change->>'note', p_by->>'requestKey');
		c.seq := c.seq + 1;
		v_hashes := v_hashes || c.hash;
	END LOOP;
	IF NOT are_given THEN PERFORM cfm.keep_rules(p_changes); END IF;
	INSERT INTO cfm.events SELECT v_first + t.at, p_by->>'at', p_by->>'actor', p_by->>'machine', p_by->>'command',
		x->>'action', x->>'environment', x->>'subject', (x->>'id')::bigint, x->>'before', x->>'after', x->>'note',
		p_by->>'requestKey', v_hashes[t.at] FROM jsonb_array_elements(p_changes) WITH ORDINALITY AS t(x, at);
	UPDATE cfm.chain SET seq = c.seq, hash = c.hash;
	IF p_answer IS NOT NULL AND p_answer <> 'null' THEN
		INSERT INTO cfm.answers VALUES (p_by->>'requestKey', p_answer->>'fingerprint', p_answer->>'answer', p_answer->>'at',
			p_answer->>'hash');
	END IF;
	RETURN c.seq;
END`,
};

/**
 * Gives a newcomer the lowest free ID, where nothing has to be decided; null leaves it to the planner.
 *
 * It commits without waiting for the disk: `flush` follows at once, and serves all who came meanwhile. A request that comes
 * again after a loss finds its own event.
 */
export const giveNewcomer: ServerFunction = {
	name: "give_newcomer",
	parameters: "p_by jsonb, p_newcomer jsonb",
	returns: "jsonb",
	for: "writers",
	body: `
DECLARE c record; r record; e record; v_id bigint; v_after text; v_event record;
BEGIN
	PERFORM set_config('lock_timeout', '30s', true);
	SELECT seq, hash INTO STRICT c FROM cfm.chain FOR UPDATE;
	SELECT environment, id, after INTO v_event FROM cfm.events WHERE request_key = p_by->>'requestKey' LIMIT 1;
	IF FOUND THEN RETURN jsonb_build_object('id', v_event.id, 'after', v_event.after); END IF;
	SELECT schema, moved_to INTO STRICT r FROM cfm.registry;
	IF r.moved_to IS NOT NULL OR r.schema <> (p_by->>'schema')::bigint THEN RETURN NULL; END IF;
	SELECT x.environment, x.name, x.first_id, x.last_id,
		(SELECT lo FROM cfm.gaps g WHERE g.environment = x.environment ORDER BY lo LIMIT 1) AS gap,
		(SELECT id FROM cfm.allocations a WHERE a.environment = x.environment ORDER BY id DESC LIMIT 1) AS highest
		INTO e FROM cfm.environments x WHERE lower(x.name) = lower((p_newcomer->>'environment') COLLATE "C");
	IF NOT FOUND THEN RETURN NULL; END IF;
	IF p_newcomer->>'user' IS NULL OR p_newcomer->>'nameKey' IS NULL OR p_newcomer->>'domainKey' IS NULL
		OR p_newcomer->>'since' IS NULL OR NOT (cfm.is_time(p_newcomer->>'since') AND cfm.is_time(p_by->>'at')) THEN
		RAISE EXCEPTION 'not a newcomer' USING ERRCODE = 'CF008', DETAIL = '0';
	END IF;
	v_id := coalesce(e.gap, e.highest + 1, e.first_id);
	IF v_id > e.last_id
		OR EXISTS (SELECT FROM cfm.allocations WHERE state = 'allocated' AND name_key = p_newcomer->>'nameKey'
			AND environment = e.environment)
		OR EXISTS (SELECT FROM cfm.allocations WHERE state = 'quarantined' AND name_key = p_newcomer->>'nameKey'
			AND environment = e.environment)
		OR EXISTS (SELECT FROM cfm.allocations WHERE state = 'allocated' AND sid = p_newcomer->>'sid'
			AND environment = e.environment)
		OR EXISTS (SELECT FROM cfm.allocations WHERE state = 'quarantined' AND sid = p_newcomer->>'sid'
			AND environment = e.environment)
		OR EXISTS (SELECT FROM cfm.allocations WHERE state = 'quarantined' AND environment = e.environment
			AND until <= p_newcomer->>'since')
	THEN RETURN NULL; END IF;
	PERFORM set_config('synchronous_commit', 'off', true);
	IF e.gap IS NOT NULL THEN
		UPDATE cfm.gaps SET lo = lo + 1 WHERE environment = e.environment AND lo = e.gap AND hi > lo;
		IF NOT FOUND THEN DELETE FROM cfm.gaps WHERE environment = e.environment AND lo = e.gap; END IF;
	END IF;
	INSERT INTO cfm.allocations VALUES (e.environment, v_id, 'allocated', p_newcomer->>'user', p_newcomer->>'nameKey',
		p_newcomer->>'domainKey', p_newcomer->>'sid', p_newcomer->>'note', p_newcomer->>'since', NULL);
	v_after := '{"environment":' || to_json(e.name)::text || ',"id":' || v_id || ',"state":"allocated","user":'
		|| to_json(p_newcomer->>'user')::text || ',"sid":' || coalesce(to_json(p_newcomer->>'sid')::text, 'null')
		|| ',"note":' || coalesce(to_json(p_newcomer->>'note')::text, 'null')
		|| ',"since":' || to_json(p_newcomer->>'since')::text || ',"until":null}';
	c.hash := cfm.event_hash(c.hash, c.seq + 1, p_by->>'at', p_by->>'actor', p_by->>'machine', p_by->>'command', 'allocate',
		e.name, p_newcomer->>'user', v_id, NULL, v_after, p_newcomer->>'note', p_by->>'requestKey');
	INSERT INTO cfm.events VALUES (c.seq + 1, p_by->>'at', p_by->>'actor', p_by->>'machine', p_by->>'command', 'allocate',
		e.name, p_newcomer->>'user', v_id, NULL, v_after, p_newcomer->>'note', p_by->>'requestKey', c.hash);
	UPDATE cfm.chain SET seq = c.seq + 1, hash = c.hash;
	RETURN jsonb_build_object('id', v_id, 'after', v_after);
END`,
};

/** Makes durable what was committed before without waiting: one flush of the log serves all who wait for it. */
export const flush: ServerFunction = {
	name: "flush",
	parameters: "",
	returns: "void",
	for: "writers",
	body: `
BEGIN
	IF current_setting('synchronous_commit') IN ('off', 'local') THEN
		PERFORM set_config('synchronous_commit', 'on', true);
	END IF;
	PERFORM pg_logical_emit_message(true, 'cfm', '');
END`,
};

/** Puts a look in the place of the one before. It is no change: it waits for nobody, and no event tells of it. */
export const keepLook: ServerFunction = {
	name: "keep_look",
	parameters: "p_look jsonb",
	returns: "void",
	for: "writers",
	body: `
DECLARE n bigint;
BEGIN
	PERFORM FROM cfm.chain FOR UPDATE NOWAIT;
	SELECT environment INTO n FROM cfm.environments WHERE lower(name) = lower((p_look->>'environment') COLLATE "C");
	IF n IS NULL THEN RETURN; END IF;
	DELETE FROM cfm.sightings WHERE environment = n AND lower(machine) = lower((p_look->>'machine') COLLATE "C")
		AND kind = p_look->>'kind' AND (p_look->'users' = 'null'
			OR "user" IN (SELECT value FROM jsonb_array_elements_text(nullif(p_look->'users', 'null'))));
	IF p_look->'users' = 'null' THEN
		INSERT INTO cfm.looks VALUES (n, p_look->>'machine', p_look->>'kind', p_look->>'at', (p_look->>'left')::bigint)
			ON CONFLICT (environment, lower(machine), kind) DO UPDATE SET at = excluded.at, beyond = excluded.beyond;
	ELSE
		INSERT INTO cfm.looks VALUES (n, p_look->>'machine', p_look->>'kind', NULL, 0) ON CONFLICT DO NOTHING;
	END IF;
	INSERT INTO cfm.sightings SELECT n, coalesce((SELECT machine FROM cfm.looks WHERE environment = n
			AND lower(machine) = lower((p_look->>'machine') COLLATE "C") AND kind = p_look->>'kind'), p_look->>'machine'),
		p_look->>'kind', p_look->>'at', s."user", s.name_key, s.id, s.attention, s.facts
		FROM jsonb_to_recordset(p_look->'sightings') AS s("user" text, name_key text, id bigint, attention bigint, facts text);
END`,
};
