import type { AnyCommand } from "./lib/cli/definition.js";
import { t } from "./lib/text.js";

type Loader = () => Promise<{ default: AnyCommand }>;

/** Every command, by the words that call it. The file of `cfm ids allocate` is `commands/ids/allocate.ts`. */
export const commands: Readonly<Record<string, Loader>> = {
	init: () => import("./commands/init.js"),
	help: () => import("./commands/help.js"),
	"ids allocate": () => import("./commands/ids/allocate.js"),
	"ids list": () => import("./commands/ids/list.js"),
	"ids show": () => import("./commands/ids/show.js"),
	"ids release": () => import("./commands/ids/release.js"),
	"ids reserve": () => import("./commands/ids/reserve.js"),
	"ids move": () => import("./commands/ids/move.js"),
	"ids history": () => import("./commands/ids/history.js"),
	"ids import": () => import("./commands/ids/import.js"),
	"ids export": () => import("./commands/ids/export.js"),
	"environments list": () => import("./commands/environments/list.js"),
	"environments show": () => import("./commands/environments/show.js"),
	"environments add": () => import("./commands/environments/add.js"),
	"environments set": () => import("./commands/environments/set.js"),
	"environments remove": () => import("./commands/environments/remove.js"),
	"registry info": () => import("./commands/registry/info.js"),
	"registry check": () => import("./commands/registry/check.js"),
	"registry backup": () => import("./commands/registry/backup.js"),
	"registry migrate": () => import("./commands/registry/migrate.js"),
	"registry restore": () => import("./commands/registry/restore.js"),
	"config list": () => import("./commands/config/list.js"),
	"config get": () => import("./commands/config/get.js"),
	"config set": () => import("./commands/config/set.js"),
	install: () => import("./commands/install.js"),
	uninstall: () => import("./commands/uninstall.js"),
	"client list": () => import("./commands/client/list.js"),
	"client show": () => import("./commands/client/show.js"),
	"client set": () => import("./commands/client/set.js"),
	"client detect": () => import("./commands/client/detect.js"),
	"ports list": () => import("./commands/ports/list.js"),
	"ports check": () => import("./commands/ports/check.js"),
	"ports reserve-block": () => import("./commands/ports/reserve-block.js"),
	"ports learn": () => import("./commands/ports/learn.js"),
};

/** The nouns, as help lists them. */
export const topics: Readonly<Record<string, { description: string }>> = {
	ids: { description: t`Who has which ID: allocate, list, release, move` },
	client: { description: t`What is installed for whom on this machine` },
	ports: { description: t`What listens, whose it is, and whose it should be` },
	environments: { description: t`Servers or farms inside which IDs are distinct` },
	registry: { description: t`The store of IDs and events: check, back up, restore` },
	config: { description: t`Settings, and where each one comes from` },
};
