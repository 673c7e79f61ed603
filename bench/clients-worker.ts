/**
 * Runs a command line of the product on a made-up server: `node clients-worker.mjs ACCOUNTS-FILE WORD…`. Its accounts are
 * those of the file, passwd(5), and their homes those that it names; all else is this machine's.
 */
import { linuxMachine } from "../src/lib/adapters/linux/machine.js";
import { thisHost } from "../src/lib/this-host.js";
import { main } from "../src/main.js";

const [passwd = "", ...words] = process.argv.slice(2);
const host = { ...thisHost, machine: async () => linuxMachine({ passwd }) };
process.exitCode = await main(words, import.meta.dirname, undefined, host);
