// A server of PostgreSQL's protocol that knows one password and a handful of answers: so the build can run commands on a
// server, and keep what V8 compiled, where there is none. Nothing is tested against it (test/lanes/postgres has real ones).
import { createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

const message = (kind, ...parts) => {
	const body = Buffer.concat(parts.map((one) => (typeof one === "string" ? Buffer.from(one) : one)));
	const head = Buffer.alloc(5, kind);
	head.writeInt32BE(body.length + 4, 1);
	return Buffer.concat([head, body]);
};
const int32 = (number) => {
	const bytes = Buffer.alloc(4);
	bytes.writeInt32BE(number);
	return bytes;
};
const int16 = (number) => int32(number).subarray(2);
const ready = () => message("Z", "I");
const typeOf = (value) => ({ number: 20, boolean: 16, object: value === null ? 25 : 3802 })[typeof value] ?? 25;
const textOf = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** RowDescription and DataRows; rows are plain objects with the same fields. */
function rowsAsMessages(rows) {
	const fields = Object.entries(rows[0] ?? {});
	const described = fields.map(([name, value]) =>
		Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(typeOf(value)), int16(-1), int32(-1), int16(0)]),
	);
	const cell = (value) => {
		if (value === null) return int32(-1);
		const text = Buffer.from(textOf(value));
		return Buffer.concat([int32(text.length), text]);
	};
	return [
		message("T", int16(fields.length), ...described),
		...rows.map((row) => message("D", int16(fields.length), ...Object.values(row).map(cell))),
	];
}

/** SCRAM-SHA-256 (RFC 5802), the server's side: the client's proof is taken as it is. */
function* scram(password) {
	const first = (yield message("R", int32(10), "SCRAM-SHA-256\0\0")).toString();
	const bare = first.slice(first.indexOf("n=", first.indexOf("n,,")));
	const [salt, iterations] = [randomBytes(16), 4096];
	const nonce = /r=(.*)$/s.exec(bare)[1] + randomBytes(12).toString("base64");
	const told = `r=${nonce},s=${salt.toString("base64")},i=${iterations}`;
	const last = (yield message("R", int32(11), told)).toString();
	const key = createHmac("sha256", pbkdf2Sync(password, salt, iterations, 32, "sha256"))
		.update("Server Key")
		.digest();
	const all = [bare, told, last.replace(/,p=.*$/s, "")].join(",");
	yield Buffer.concat([
		message("R", int32(12), `v=${createHmac("sha256", key).update(all).digest("base64")}`),
		message("R", int32(0)),
		...Object.entries({ in_hot_standby: "off", default_transaction_read_only: "off", server_version: "15.0" }).map(
			([name, value]) => message("S", `${name}\0${value}\0`),
		),
		ready(),
	]);
}

/** Serves one client. */
function serve(socket, { password, answer }) {
	const login = scram(password);
	let rest = Buffer.alloc(0);
	let isOpen = false;
	/** The statement that was parsed last. */
	let sql = "";
	const waiting = [];
	const said = (text) => {
		const rows = answer(text);
		return [...rowsAsMessages(rows), message("C", `${text.trim().split(/\s/)[0].toUpperCase()}\0`)];
	};
	const textAt = (body, at) => body.subarray(at, body.indexOf(0, at)).toString();
	const hear = (kind, body) => {
		if (kind === "p") return [login.next(body).value];
		if (kind === "Q") return [...said(textAt(body, 0)), ready()];
		if (kind === "P") {
			sql = textAt(body, body.indexOf(0) + 1);
			waiting.push(message("1"));
		} else if (kind === "B") {
			// What it asks for stands in the values, too.
			sql += `\n${body.toString("latin1")}`;
			waiting.push(message("2"));
		} else if (kind === "E") waiting.push(...said(sql));
		else if (kind === "S") return [...waiting.splice(0), ready()];
		return [];
	};
	socket.on("error", () => {});
	socket.on("data", (bytes) => {
		rest = Buffer.concat([rest, bytes]);
		for (;;) {
			const at = isOpen ? 1 : 0;
			if (rest.length < at + 4 || rest.length < at + rest.readInt32BE(at)) return;
			const size = at + rest.readInt32BE(at);
			const [kind, body] = [rest.toString("latin1", 0, 1), rest.subarray(at + 4, size)];
			rest = rest.subarray(size);
			if (isOpen) for (const one of hear(kind, body)) socket.write(one);
			// "Do you speak TLS?" comes before the first word.
			else if (body.readInt32BE(0) === 80877103) socket.write("N");
			else {
				isOpen = true;
				socket.write(login.next().value);
			}
		}
	});
}

/**
 * Starts one on the loopback.
 *
 * @param {{ password: string, answer: (sql: string) => object[] }} how
 * @returns {Promise<{ port: number, close: () => void }>}
 */
export async function startStandIn(how) {
	const server = createServer((socket) => serve(socket, how));
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return { port: server.address().port, close: () => server.close() };
}

const since = "2026-01-15T09:30:00.000Z";
const ana = {
	environment: "default",
	id: 1,
	state: "allocated",
	user: "ana",
	sid: null,
	note: null,
	since,
	until: null,
};
const rule = { portBase: 24250, portStride: 1, portRuleLearnedAt: null };
const named = { name: "default", firstId: 1, lastId: 100, ...rule, quarantineDays: 30, domain: null, domains: null };
const environment = { ...named, note: null, number: 1, gap: null, highest: 1, quarantineEnd: null };

const who = { actor: "ana", machine: "ts01", command: "ids allocate", action: "allocate" };
const of = { environment: "default", subject: "ana", id: 1, before: null, after: JSON.stringify(ana), note: null };
const event = { seq: 1, at: since, ...who, ...of, request_key: "first", hash: "0".repeat(64) };

/**
 * The registry that the build's commands find: one environment, in which Ana has ID 1.
 *
 * @param {number} schema
 * @returns {(sql: string) => object[]}
 */
export const registryOfAna = (schema) => {
	/** Cursors, by name. */
	const declared = new Map();
	const answer = (sql) => {
		const [, cursor, list] = /^(?:DECLARE|FETCH \d+ FROM) (\w+)(?: NO SCROLL CURSOR FOR (.*))?/s.exec(sql) ?? [];
		if (list !== undefined) declared.set(cursor, list);
		if (cursor !== undefined) return list === undefined ? answer(declared.get(cursor)) : [];
		if (/session_user::text AS login/.test(sql))
			return [{ login: "ana", named: false, superuser: false, held: ["auditor", "operator"] }];
		if (/FROM cfm\.registry/.test(sql)) return [{ schema, moved_to: null }];
		if (/cfm\.begin_change/.test(sql)) return [{ begun: { seq: 1, schema, movedTo: null, answer: null } }];
		if (/cfm\.give_newcomer/.test(sql)) return [{ given: null }];
		if (/count\(/.test(sql)) return [{ n: 1 }];
		if (/FROM events/.test(sql)) return [event];
		if (/FROM environments/.test(sql)) return [environment];
		if (!/FROM allocations/.test(sql) || /state = '[rq]/.test(sql) || /name_key = ANY/.test(sql) > /\bana\b/.test(sql))
			return [];
		return [{ ...ana, found: "ana" }];
	};
	return answer;
};
