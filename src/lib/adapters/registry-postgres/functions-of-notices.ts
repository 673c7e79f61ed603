import type { ServerFunction } from "./server-function.js";

// What `registry-sqlite/outbox.ts` does, done by the server: each is one transaction, which has the lock of every change.

export const claimNotices: ServerFunction = {
	name: "claim_notices",
	parameters: "p_claims jsonb",
	returns: "bigint",
	for: "writers",
	body: `
DECLARE v_count bigint;
BEGIN
	PERFORM cfm.require_role('issuer', 0, false);
	PERFORM FROM cfm.chain FOR UPDATE;
	INSERT INTO cfm.notices SELECT c.item, c.stage, c.recipient, c.occasion, c.day, c.at, c.urgent, c.facts, NULL
		FROM jsonb_to_recordset(p_claims)
			AS c(item text, stage text, recipient text, occasion text, day text, at text, urgent bigint, facts text)
		ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS v_count = ROW_COUNT;
	RETURN v_count;
END`,
};

export const takeMail: ServerFunction = {
	name: "take_mail",
	parameters: "p_asked jsonb",
	returns: "jsonb",
	for: "writers",
	body: `
DECLARE v_id text; v_urgent bigint; v_count bigint; v_least bigint := CASE WHEN (p_asked->>'urgentOnly')::boolean THEN 1 ELSE 0 END;
BEGIN
	PERFORM cfm.require_role('issuer', 0, false);
	PERFORM FROM cfm.chain FOR UPDATE;
	SELECT message_id INTO v_id FROM cfm.mails WHERE recipient = p_asked->>'recipient' AND sent IS NULL
		AND (lease <= p_asked->>'now' OR lease > p_asked->>'latest') AND urgent >= v_least ORDER BY made, message_id LIMIT 1;
	IF v_id IS NULL THEN
		SELECT max(urgent), count(*) INTO v_urgent, v_count FROM cfm.notices
			WHERE recipient = p_asked->>'recipient' AND mail IS NULL AND urgent >= v_least;
		IF v_count = 0 THEN RETURN NULL; END IF;
		v_id := p_asked->>'messageId';
		INSERT INTO cfm.mails VALUES (v_id, p_asked->>'recipient', p_asked->>'now', v_urgent, p_asked->>'holder', p_asked->>'until',
			1, NULL, NULL);
		UPDATE cfm.notices SET mail = v_id WHERE recipient = p_asked->>'recipient' AND mail IS NULL AND urgent >= v_least;
	ELSE
		UPDATE cfm.mails SET holder = p_asked->>'holder', lease = p_asked->>'until', tries = tries + 1 WHERE message_id = v_id;
	END IF;
	RETURN (SELECT jsonb_build_object('messageId', m.message_id, 'recipient', m.recipient, 'made', m.made, 'tries', m.tries,
		'claims', (SELECT jsonb_agg(jsonb_build_object('item', item, 'stage', stage, 'recipient', recipient, 'occasion', occasion,
			'day', day, 'at', at, 'urgent', urgent, 'facts', facts) ORDER BY item, stage, occasion)
			FROM cfm.notices WHERE mail = v_id)) FROM cfm.mails m WHERE m.message_id = v_id);
END`,
};

export const settleMail: ServerFunction = {
	name: "settle_mail",
	parameters: "p_outcome jsonb",
	returns: "boolean",
	for: "writers",
	body: `
BEGIN
	PERFORM cfm.require_role('issuer', 0, false);
	PERFORM FROM cfm.chain FOR UPDATE;
	UPDATE cfm.mails SET sent = p_outcome->>'sent', failure = p_outcome->>'failure', lease = p_outcome->>'until', holder = ''
		WHERE message_id = p_outcome->>'messageId' AND holder = p_outcome->>'holder' AND sent IS NULL;
	RETURN FOUND;
END`,
};

export const keepRun: ServerFunction = {
	name: "keep_run",
	parameters: "p_run jsonb",
	returns: "void",
	for: "writers",
	body: `
BEGIN
	PERFORM FROM cfm.chain FOR UPDATE;
	INSERT INTO cfm.runs VALUES (p_run->>'job', p_run->>'machine', p_run->>'at')
		ON CONFLICT (job, lower(machine)) DO UPDATE SET at = excluded.at;
END`,
};
