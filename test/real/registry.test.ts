import { copyFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { bothWays } from "../both-ways.js";
import { bareServer, type RealServer } from "./server.js";

// A registry file that something has happened to.

const file = ({ home }: RealServer, part = "") => join(home, `registry.db${part}`);
const look = (server: RealServer, id: string) => server.doctor(id);

async function make(): Promise<RealServer> {
	const server = bareServer();
	await server.carry("init", "--yes", "--range", "1-30");
	await server.carry("ids", "allocate", "CORP\\ana", "--request-id", "k1");
	await server.carry("ids", "allocate", "CORP\\ben");
	return server;
}

/** Changes the file behind the tool's back. */
const sql = (text: string) => (server: RealServer) => {
	const database = new Database(file(server));
	database.pragma("foreign_keys = OFF");
	database.exec(text);
	database.close();
};

bothWays("CFM-REG-001", {
	...{ make, look },
	provoke(server) {
		// One page more, of which nothing knows.
		const content = readFileSync(file(server));
		const pageSize = content.readUInt16BE(16);
		content.writeUInt32BE(content.readUInt32BE(28) + 1, 28);
		writeFileSync(file(server), Buffer.concat([content, Buffer.alloc(pageSize)]));
	},
});
bothWays("CFM-REG-002", { make, look, provoke: sql("INSERT INTO gaps (environment, lo, hi) VALUES (99, 1, 2)") });
bothWays("CFM-REG-003", { make, look, provoke: sql("CREATE INDEX more ON allocations (note)") });
bothWays("CFM-REG-004", { make, look, provoke: sql("DELETE FROM allocations WHERE id = 1") });
bothWays("CFM-REG-005", { make, look, provoke: sql("UPDATE events SET actor = 'x' WHERE seq = 2") });
bothWays("CFM-REG-006", { make, look, provoke: sql("UPDATE allocations SET note = 'x'") });
bothWays("CFM-REG-007", { make, look, provoke: ({ home }) => renameSync(home, `${home}-away`) });
bothWays("CFM-REG-008", { make, look, provoke: sql("UPDATE answers SET answer = '{}'") });
bothWays("CFM-REG-009", {
	...{ make, look },
	async provoke(server) {
		// What a power failure leaves when the disk had acknowledged more than it kept.
		const reader = new Database(file(server), { readonly: true });
		reader.prepare("SELECT count(*) FROM events").get();
		for (const user of ["CORP\\eve", "CORP\\may", "CORP\\zoe"]) await server.carry("ids", "allocate", user);
		for (const part of ["", "-wal"]) copyFileSync(file(server, part), join(server.work, `kept${part}`));
		reader.close();
		for (const part of ["", "-wal"]) renameSync(join(server.work, `kept${part}`), file(server, part));
		truncateSync(file(server, "-wal"), 32 + 24 + 2048);
	},
});
bothWays("CFM-REG-011", {
	...{ make, look },
	provoke(server) {
		server.host.now = () => new Date(Date.now() + 8 * 86_400_000);
	},
});
bothWays("CFM-ID-001", {
	...{ make, look },
	provoke: (server) => server.carry("environments", "set", "default", "--range", "1-2", "--yes"),
});
bothWays("CFM-CHECK-002", {
	make,
	provoke: (server) => writeFileSync(file(server), "no registry at all, but of some length"),
	async look(server, id) {
		const ran = await server.run(["doctor", "--only", "CFM-ID-001", "--json"]);
		const { findings } = JSON.parse(ran.out).result as { findings: { id: string }[] };
		return findings.some((one) => one.id === id) ? "found" : "fine";
	},
});
