import type { ServerFunction } from "./server-function.js";

/** Puts a row of a kind in the place of another one, in all the tables that it stands in. */
export const applyRecord: ServerFunction = {
	name: "apply_record",
	parameters: "p_change jsonb, p_at integer, p_registry text",
	returns: "void",
	for: "nobody",
	body: `
DECLARE
	k record; t jsonb; n bigint; was jsonb; will jsonb; now jsonb; told jsonb; held jsonb; plain record; is_environments boolean;
	with_number jsonb := '{}'; v_tables jsonb; v_first text;
	v_renamed text[]; is_rename boolean := false;
BEGIN
	SELECT * INTO k FROM cfm.kinds WHERE name = p_change->>'kind';
	IF NOT FOUND OR NOT (p_change->>'action') = ANY (k.actions) THEN
		RAISE EXCEPTION 'no such kind or action' USING ERRCODE = 'CF008', DETAIL = p_at::text;
	END IF;
	-- Whoever may rename users may write their new names, and nothing else, into what is another role's to change.
	v_first := k.tables->0->>'table';
	IF p_change->>'action' = k.tables->0->>'rename' AND p_change->'was' <> 'null' AND p_change->'row' <> 'null' THEN
		IF jsonb_typeof(p_change->'was'->v_first) = 'object' AND jsonb_typeof(p_change->'row'->v_first) = 'object' THEN
			v_renamed := ARRAY(SELECT jsonb_array_elements_text(k.tables->0->'renamed'));
			is_rename := (p_change->'was'->v_first) - v_renamed = (p_change->'row'->v_first) - v_renamed
				AND (p_change->'was') - v_first = (p_change->'row') - v_first;
		END IF;
	END IF;
	IF k.changed_by IS NOT NULL AND NOT is_rename THEN
		PERFORM cfm.require_role(k.changed_by[1], p_at, k.name = 'operator');
	END IF;
	is_environments := k.name = 'environment';
	IF k.in_environment OR (is_environments AND p_change->'was' <> 'null') THEN
		n := cfm.environment_number(CASE WHEN is_environments THEN p_change->'was'->'environments'->>'name'
			ELSE p_change->>'environment' END, p_at);
	ELSIF is_environments THEN
		n := nextval(pg_get_serial_sequence('cfm.environments', 'environment'));
	END IF;
	IF n IS NOT NULL THEN with_number := jsonb_build_object('environment', n); END IF;
	told := (p_change->>'after')::jsonb;
	held := (p_change->>'before')::jsonb;
	-- What the event tells and what is stored are one: the same row, there or not there, of the environment that it names.
	IF (told IS NULL) <> (nullif(p_change->'row', 'null') IS NULL) OR (held IS NULL) <> (nullif(p_change->'was', 'null') IS NULL)
		OR coalesce(told, held) IS NULL
		OR lower(coalesce(told, held)->>(CASE WHEN is_environments THEN 'name' ELSE 'environment' END) COLLATE "C")
			<> lower((p_change->>'environment') COLLATE "C") THEN
		RAISE EXCEPTION 'the event tells another row' USING ERRCODE = 'CF008', DETAIL = p_at::text;
	END IF;
	IF is_environments AND told IS NULL THEN PERFORM cfm.empty_environment(n, p_at); END IF;
	v_tables := k.tables;
	IF told IS NULL THEN
		-- What stands beside goes first.
		SELECT jsonb_agg(value ORDER BY ordinality DESC) INTO v_tables FROM jsonb_array_elements(k.tables) WITH ORDINALITY;
	END IF;
	FOR t IN SELECT value FROM jsonb_array_elements(v_tables) LOOP
		was := nullif(p_change->'was'->(t->>'table'), 'null');
		will := nullif(p_change->'row'->(t->>'table'), 'null');
		-- What is there now, by the key that it had, or is to have.
		EXECUTE format('SELECT to_jsonb(x) - ''environment'' FROM cfm.%I x, jsonb_populate_record(NULL::cfm.%I, $1) r WHERE %s',
			t->>'table', t->>'table', t->>'match') INTO now USING
			coalesce(was, nullif(p_change->'was'->(k.tables->0->>'table'), 'null'), p_change->'row'->(k.tables->0->>'table')) || with_number;
		IF now IS DISTINCT FROM was AND NOT (is_environments AND told IS NULL AND now IS NULL) THEN
			RAISE EXCEPTION 'not as it was' USING ERRCODE = 'CF002', DETAIL = p_at::text;
		END IF;
		FOR plain IN SELECT key, value FROM jsonb_each_text(t->'plain') LOOP
			IF (will IS NOT NULL AND coalesce(will->plain.key, 'null') <> coalesce(told->plain.value, 'null'))
				OR (was IS NOT NULL AND coalesce(was->plain.key, 'null') <> coalesce(held->plain.value, 'null')) THEN
				RAISE EXCEPTION 'the event tells another row' USING ERRCODE = 'CF008', DETAIL = p_at::text;
			END IF;
		END LOOP;
		IF will IS NULL AND was IS NOT NULL THEN
			EXECUTE format('DELETE FROM cfm.%I x USING jsonb_populate_record(NULL::cfm.%I, $1) r WHERE %s',
				t->>'table', t->>'table', t->>'match') USING was || with_number;
		ELSIF will IS NOT NULL THEN
			IF was IS NULL THEN
				EXECUTE format('INSERT INTO cfm.%1$I SELECT r.* FROM jsonb_populate_record(NULL::cfm.%1$I, $1) r', t->>'table')
					USING will || with_number;
			ELSE
				EXECUTE format('UPDATE cfm.%1$I x SET (%2$s) = (SELECT %2$s FROM jsonb_populate_record(NULL::cfm.%1$I, $2))
					FROM jsonb_populate_record(NULL::cfm.%1$I, $1) r WHERE %3$s', t->>'table', t->>'columns', t->>'match')
					USING was || with_number, will || with_number;
			END IF;
		END IF;
	END LOOP;
	IF is_environments AND told IS NOT NULL AND p_change->'was' <> 'null' THEN PERFORM cfm.resize_environment(n, p_at); END IF;
END`,
};

/** Everything that stands in an environment goes with it, whatever table refers to it. */
export const emptyEnvironment: ServerFunction = {
	name: "empty_environment",
	parameters: "p_environment bigint, p_at integer",
	returns: "void",
	for: "nobody",
	body: `
DECLARE t text;
BEGIN
	IF EXISTS (SELECT FROM cfm.allocations WHERE environment = p_environment AND state = 'allocated') THEN
		RAISE EXCEPTION 'in use' USING ERRCODE = 'CF005', DETAIL = p_at::text;
	END IF;
	-- What is part of the environment itself is removed with it, after it was compared.
	FOR t IN SELECT relname FROM pg_catalog.pg_constraint JOIN pg_catalog.pg_class ON pg_class.oid = conrelid
		WHERE contype = 'f' AND confrelid = 'cfm.environments'::regclass AND NOT EXISTS (
			SELECT FROM cfm.kinds, jsonb_array_elements(tables) WHERE name = 'environment' AND value->>'table' = relname) LOOP
		EXECUTE format('DELETE FROM cfm.%I WHERE environment = $1', t) USING p_environment;
	END LOOP;
END`,
};

/** The ends of a range were moved; what falls out of it must be free. */
export const resizeEnvironment: ServerFunction = {
	name: "resize_environment",
	parameters: "p_environment bigint, p_at integer",
	returns: "void",
	for: "nobody",
	body: `
DECLARE e record; v_lowest bigint; v_outside bigint;
BEGIN
	SELECT first_id, last_id INTO STRICT e FROM cfm.environments WHERE environment = p_environment;
	SELECT id INTO v_outside FROM cfm.allocations
		WHERE environment = p_environment AND id NOT BETWEEN e.first_id AND e.last_id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'outside the range' USING ERRCODE = 'CF006', DETAIL = p_at || ' ' || v_outside;
	END IF;
	SELECT id INTO v_lowest FROM cfm.allocations WHERE environment = p_environment ORDER BY id LIMIT 1;
	IF NOT FOUND THEN RETURN; END IF;
	DELETE FROM cfm.gaps WHERE environment = p_environment AND lo < v_lowest;
	IF e.first_id < v_lowest THEN INSERT INTO cfm.gaps VALUES (p_environment, e.first_id, v_lowest - 1); END IF;
END`,
};
