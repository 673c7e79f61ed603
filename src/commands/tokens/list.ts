import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { listed, lookAtModules, modulesToLookAt } from "../../lib/token/list.js";
import { tokensOf } from "../_token.js";
import { koffiRemark, modulesView } from "./_view.js";

export default command({
	summary: t`List PKCS#11 modules and the tokens that they see`,
	description: t`In the usual places. Each runs in its own process: one that fails is named, the others are listed.`,
	role: "none",
	list: { rows: "modules", fields: ["path", "state", "why", "tokens"] },
	flags: {
		module: {
			kind: "text",
			value: "PATH",
			multiple: true,
			of: "file",
			summary: t`Look at this module instead; repeatable`,
		},
	},
	examples: [
		{ what: t`What is there`, line: "cfm tokens list" },
		{ what: t`One module, for a script`, line: "cfm tokens list --module /opt/token.so --json" },
	],
	async run({ flags }, context) {
		const settings = await context.settings();
		const tokens = await tokensOf(context, settings);
		const paths = modulesToLookAt(tokens, flags.module, settings.get("token.modules"));
		const looks = await lookAtModules(tokens, paths);
		const remark = koffiRemark(looks.find(({ by }) => by !== null)?.by ?? null);
		if (remark !== undefined) context.shell.warn(remark);
		return { modules: looks.map(listed), total: looks.length };
	},
	view: ({ modules }) => modulesView(modules),
});
