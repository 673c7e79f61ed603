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
	"sites add": () => import("./commands/sites/add.js"),
	"sites list": () => import("./commands/sites/list.js"),
	"sites remove": () => import("./commands/sites/remove.js"),
	"sites import": () => import("./commands/sites/import.js"),
	"web list": () => import("./commands/web/list.js"),
	"web set": () => import("./commands/web/set.js"),
	"web clear": () => import("./commands/web/clear.js"),
	"web steps": () => import("./commands/web/steps.js"),
	"web backups list": () => import("./commands/web/backups/list.js"),
	"web backups restore": () => import("./commands/web/backups/restore.js"),
	"web policy export": () => import("./commands/web/policy/export.js"),
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
};

/** The nouns, as help lists them. */
export const topics: Readonly<Record<string, { description: string }>> = {
	ids: { description: t`Who has which ID: allocate, list, release, move` },
	client: { description: t`What is installed for whom on this machine` },
	web: { description: t`Web IDs in the browsers: list, set, clear, undo` },
	"web backups": { description: t`What every write of web IDs left: list, undo` },
	"web policy": { description: t`Web IDs by a browser policy, for users who are logged on all day` },
	sites: { description: t`The web sites whose web ID is cared for` },
	environments: { description: t`Servers or farms inside which IDs are distinct` },
	registry: { description: t`The store of IDs and events: check, back up, restore` },
	config: { description: t`Settings, and where each one comes from` },
};
