import type { ServerFunction } from "./server-function.js";

/** What the names of this registry's roles begin with. */
const registry = `regexp_replace(pg_get_userbyid(nspowner), '_owner$', '')`;

/**
 * Refuses a login that has not the role that is needed, or one that may more. While nobody is named, whoever may call what
 * changes the registry may change it, unless it is about who may.
 */
export const requireRole: ServerFunction = {
	name: "require_role",
	parameters: "p_least text, p_at integer, p_always boolean",
	returns: "void",
	for: "nobody",
	body: `
DECLARE v_registry text; v_roles text[] := '{auditor,operator,issuer,admin,owner}';
BEGIN
	IF NOT p_always AND NOT EXISTS (SELECT FROM cfm.operators) THEN RETURN; END IF;
	SELECT ${registry} INTO STRICT v_registry FROM pg_namespace WHERE nspname = 'cfm';
	IF NOT EXISTS (
		SELECT FROM pg_roles JOIN unnest(v_roles[array_position(v_roles, p_least):]) AS role ON rolname = v_registry || '_' || role
		WHERE pg_has_role(session_user, pg_roles.oid, 'MEMBER')
	) THEN RAISE EXCEPTION 'not for this role' USING ERRCODE = 'CF007', DETAIL = p_at::text; END IF;
END`,
};

/**
 * Gives a login one of the registry's roles, or takes it away. It runs as the only role that may give them, which nobody is a
 * member of: what it does is little, for it can't be replaced by whoever may replace the other functions.
 */
export const giveRole: ServerFunction = {
	name: "give_role",
	parameters: "p_login text, p_role text, p_is_given boolean",
	returns: "void",
	for: "owner",
	byKeeper: true,
	body: `
DECLARE v_registry text;
BEGIN
	SELECT ${registry} INTO STRICT v_registry FROM pg_namespace WHERE nspname = 'cfm';
	IF NOT pg_has_role(session_user, v_registry || '_admin', 'MEMBER') THEN
		RAISE EXCEPTION 'not for this role' USING ERRCODE = 'CF007', DETAIL = '0';
	END IF;
	IF NOT p_role = ANY ('{auditor,operator,issuer,admin}') OR starts_with(p_login, v_registry || '_') OR starts_with(p_login, 'pg_') THEN
		RAISE EXCEPTION 'no role for this login' USING ERRCODE = 'CF011', DETAIL = '0';
	END IF;
	IF p_is_given THEN EXECUTE format('GRANT %I TO %I', v_registry || '_' || p_role, p_login);
	ELSE EXECUTE format('REVOKE %I FROM %I', v_registry || '_' || p_role, p_login); END IF;
END`,
};

/** Makes a login a member of the roles that operators have who log in as it, and of no others of this registry. */
export const regrant: ServerFunction = {
	name: "regrant",
	parameters: "p_login text, p_at integer",
	returns: "void",
	for: "nobody",
	body: `
DECLARE v_registry text; r record; v_again boolean;
BEGIN
	-- Nobody is a member any more of whom there is no such login.
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = p_login) THEN RETURN; END IF;
	IF to_regprocedure('cfm.give_role(text,text,boolean)') IS NULL THEN
		RAISE EXCEPTION 'nobody may give roles' USING ERRCODE = 'CF012', DETAIL = p_at::text;
	END IF;
	SELECT ${registry} INTO STRICT v_registry FROM pg_namespace WHERE nspname = 'cfm';
	FOR v_again IN SELECT unnest('{false,true}'::boolean[]) LOOP
		FOR r IN SELECT role, wanted, has FROM unnest('{auditor,operator,issuer,admin}'::text[]) AS role,
			LATERAL (SELECT EXISTS (SELECT FROM cfm.operators o WHERE o.login = p_login AND o.role = role.role) AS wanted,
				EXISTS (SELECT FROM pg_auth_members WHERE pg_get_userbyid(roleid) = v_registry || '_' || role.role
					AND pg_get_userbyid(member) = p_login) AS has) AS x
			WHERE wanted <> has LOOP
			IF v_again THEN
				-- Somebody else gave it, and only they can take it back (from PostgreSQL 16 on).
				RAISE EXCEPTION 'not ours to take' USING ERRCODE = 'CF013', DETAIL = p_at || ' ' || v_registry || '_' || r.role;
			END IF;
			PERFORM cfm.give_role(p_login, r.role, r.wanted);
		END LOOP;
	END LOOP;
END`,
};

/**
 * What must be so of all operators together once all changes are made: that an admin is left, one who can log in where anybody
 * can (`RecordKind.holds`). Then the roles follow, in the same transaction.
 */
export const keepRules: ServerFunction = {
	name: "keep_rules",
	parameters: "p_changes jsonb",
	returns: "void",
	for: "nobody",
	body: `
DECLARE v_at integer; v_login text;
BEGIN
	SELECT max(at) - 1 INTO v_at FROM jsonb_array_elements(p_changes) WITH ORDINALITY AS t(x, at) WHERE x->>'kind' = 'operator';
	IF v_at IS NULL THEN RETURN; END IF;
	IF NOT EXISTS (SELECT FROM cfm.operators WHERE role = 'admin')
		OR EXISTS (SELECT FROM cfm.operators WHERE login IS NOT NULL) AND NOT EXISTS (
			SELECT FROM cfm.operators JOIN pg_roles ON rolname = login WHERE role = 'admin') THEN
		RAISE EXCEPTION 'no admin is left' USING ERRCODE = 'CF010', DETAIL = v_at::text;
	END IF;
	FOR v_login IN SELECT DISTINCT login FROM jsonb_array_elements(p_changes) AS x,
		LATERAL (VALUES (x->'was'->'operators'->>'login'), (x->'row'->'operators'->>'login')) AS l(login)
		WHERE x->>'kind' = 'operator' AND login IS NOT NULL LOOP
		PERFORM cfm.regrant(v_login, v_at);
	END LOOP;
END`,
};
