import { command } from "../../../lib/cli/definition.js";
import { type Block, table } from "../../../lib/cli/view.js";
import { requireEnvironment } from "../../../lib/environment/environment.js";
import { someOf, t } from "../../../lib/text.js";
import { exportPolicy } from "../../../lib/webid/export-policy.js";
import { parseUpdateUrl } from "../../../lib/webid/policy.js";
import { webFlags, webRequest } from "../_flags.js";

export default command({
	summary: t`Create a browser extension and policies that set the web ID`,
	description: t`For users who stay logged on all day. Pack the extension, put it on a server: docs/web-policy.md.`,
	role: "auditor",
	registry: true,
	flags: {
		"out-dir": { kind: "text", char: "o", value: "DIR", required: true, summary: t`A new or empty folder` },
		"update-url": { kind: "text", value: "URL", required: true, summary: t`Where browsers find update.xml` },
		key: {
			kind: "text",
			of: "file",
			value: "FILE",
			summary: t`The extension's RSA key in PEM format; by default, a new one`,
		},
		browser: webFlags.browser,
		site: webFlags.site,
		environment: webFlags.environment,
		force: { kind: "boolean", summary: t`Overwrite existing files` },
		"dry-run": { kind: "boolean", summary: t`Show what would be written, and write nothing` },
	},
	examples: [
		{
			what: t`For Chrome and Edge`,
			line: "cfm web policy export -o ext --update-url https://w.example/update.xml",
		},
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const named = { ...flags, user: [], "profile-dir": undefined, "browser-kind": undefined };
		const request = webRequest(named, settings.environment);
		const updateUrl = parseUpdateUrl(flags["update-url"]);
		const registry = await context.registry(settings, { readonly: true });
		const machine = await context.host.machine();
		const { pem, ...key } = await context.host.files.extensionKey(flags.key);
		const { files, withoutSid, unsure } = await registry.read(async (view) => {
			const environment = await requireEnvironment(view, request.environment);
			return exportPolicy(machine, view, environment, { ...request, key, pem, updateUrl, now: new Date() });
		});
		if (withoutSid.length > 0)
			context.shell.warn(t`No file was created for users whose SID is unknown: ${withoutSid.join(", ")}`);
		if (unsure.length > 0)
			context.shell.warn(t`No file was created for users whose ID can't be determined: ${someOf(unsure)}`);
		const told = files.filter(({ file }) => !file.includes("digits/")).map(({ file, what }) => ({ file, what }));
		const answer = { extensionId: key.id, files: told, total: told.length, withoutSid };
		if (flags["dry-run"]) return { folder: flags["out-dir"], ...answer, dryRun: true };
		return { folder: await context.host.files.writeFolder(flags["out-dir"], files, { force: flags.force }), ...answer };
	},
	view: ({ folder, files, extensionId }): Block[] => [
		table<(typeof files)[number]>(
			[
				{ head: t`FILE`, value: ({ file }) => file, shrinks: true },
				{ head: t`WHAT FOR`, value: ({ what }) => what },
			],
			files,
			"",
		),
		{ line: t`Folder: ${folder}` },
		{ line: t`Extension: ${extensionId}` },
		{
			line: t`Next: pack the extension with its key as cfm-web-id.crx, and put it beside update.xml (docs/web-policy.md).`,
		},
	],
});
