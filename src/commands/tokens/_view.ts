import type { Block, Column, Facts, Tone } from "../../lib/cli/view.js";
import { table } from "../../lib/cli/view.js";
import { t } from "../../lib/text.js";
import type { ListedModule } from "../../lib/token/list.js";
import type { ShownObject, ShownToken } from "../../lib/token/show.js";
import type { TokenTest, TriedKey, TriedSignature } from "../../lib/token/test.js";
import type { ModuleState, Token } from "../../lib/token/token.js";

interface Row extends Partial<Token> {
	module: ListedModule;
}

const toneOf = (state: ModuleState): Tone =>
	state === "ok" ? "good" : state === "partial" || state === "ends-badly" ? "caution" : "bad";

const columns: readonly Column<Row>[] = [
	{ head: t`MODULE`, field: "path", value: ({ module }) => module.path, shrinks: true },
	{ head: t`STATE`, field: "state", value: ({ module }) => module.state, tone: ({ module }) => toneOf(module.state) },
	{ head: t`SLOT`, value: ({ slot }) => slot ?? null, align: "right", whole: true },
	{ head: t`TOKEN`, field: "tokens", value: ({ label }) => label ?? null },
	{ head: t`SERIAL`, value: ({ serial }) => serial ?? null, optional: true },
	{ head: t`MODEL`, value: ({ model }) => model ?? null, optional: true },
	{ head: t`PIN`, value: ({ flags }) => (flags === undefined ? null : pinWords(flags)) },
];

/** Modules and their tokens, a line for each token; then what is wrong with modules. */
export function modulesView(modules: readonly ListedModule[]): Block[] {
	const rows = modules.flatMap((module): Row[] =>
		module.tokens.length === 0 ? [{ module }] : module.tokens.map((token) => ({ module, ...token })),
	);
	const bad = modules.filter(({ state }) => state !== "ok");
	return [
		table(columns, rows, t`No PKCS#11 module is where modules usually are.`),
		...bad.map(({ path, state, why }): Block => ({ line: `${path}: ${why ?? state}`, tone: toneOf(state) })),
	];
}

/** What a token's flags say of its PIN. */
export function pinWords(flags: readonly string[]): string {
	const has = (flag: string) => flags.includes(`CKF_${flag}`);
	if (!has("LOGIN_REQUIRED")) return t`not needed`;
	if (has("USER_PIN_LOCKED")) return t`locked`;
	if (!has("USER_PIN_INITIALIZED")) return t`not set`;
	if (has("USER_PIN_FINAL_TRY")) return t`one try left`;
	if (has("USER_PIN_COUNT_LOW")) return t`few tries left`;
	if (has("USER_PIN_TO_BE_CHANGED")) return t`must be changed`;
	return has("PROTECTED_AUTHENTICATION_PATH") ? t`at the reader` : t`set`;
}

export function tokenView(token: ShownToken): Block[] {
	return [
		{
			facts: [
				[t`Module`, token.module],
				[t`Slot`, token.slot],
				[t`Reader`, token.slotDescription],
				[t`Label`, token.label],
				[t`Serial number`, token.serial],
				[t`Manufacturer`, token.manufacturer],
				[t`Model`, token.model],
				[t`Hardware, firmware`, `${token.hardware}, ${token.firmware}`],
				[t`PIN`, pinWords(token.flags)],
				[t`PIN length`, t`${token.pin.least} to ${token.pin.most}`],
				[t`Mechanisms`, token.mechanisms.length],
			],
		},
		table(objectColumns, token.objects, t`Without its PIN, this token shows no keys and no certificates.`),
	];
}

const objectColumns: readonly Column<ShownObject>[] = [
	{ head: t`KIND`, value: ({ kind }) => kind },
	{ head: t`ID`, value: ({ id }) => id, whole: true },
	{ head: t`LABEL`, value: ({ label }) => label },
	{ head: t`SUBJECT`, value: ({ subject }) => subject, shrinks: true },
	{ head: t`VALID UNTIL`, value: ({ notAfter }) => notAfter?.slice(0, 10) ?? null },
];

type Try = TriedSignature & { key: TriedKey };

const tryColumns: readonly Column<Try>[] = [
	{ head: t`KEY`, value: ({ key }) => key.id, whole: true },
	{ head: t`LABEL`, value: ({ key }) => key.label },
	{ head: t`SCHEME`, value: ({ scheme }) => scheme },
	{ head: t`MECHANISM`, value: ({ mechanism }) => mechanism, optional: true },
	{
		head: t`SIGNATURE`,
		value: ({ state }) => state,
		tone: ({ state }) => (state === "good" ? "good" : state === "not-verified" ? "caution" : "bad"),
	},
	{
		head: t`TIME`,
		value: ({ milliseconds }) => (milliseconds === null ? null : t`${milliseconds} ms`),
		align: "right",
	},
];

export function testView(test: TokenTest): Block[] {
	const facts: Facts["facts"] = [
		[t`Token`, test.label],
		[t`Serial number`, test.serial],
		[t`Login`, loginWords(test)],
	];
	const rows = test.keys.flatMap((key) => key.signatures.map((one): Try => ({ ...one, key })));
	return [
		{ facts },
		table(tryColumns, rows, t`No key can sign with what the token offers.`),
		...test.keys.flatMap((key): Block[] => keyRemarks(key)),
		...rows.flatMap(({ key, scheme, why }): Block[] =>
			why === null ? [] : [{ line: `${key.id} ${scheme}: ${why}`, tone: "bad" }],
		),
		...(test.endsBadly === null
			? []
			: [{ line: t`Afterwards the module failed: ${test.endsBadly}`, tone: "caution" as const }]),
	];
}

function keyRemarks({ id, label, certificate, alwaysAuthenticate }: TriedKey): Block[] {
	const name = label === "" ? id : label;
	return [
		...(certificate === null
			? [{ line: t`The key ${name} has no certificate on the token.`, tone: "caution" as const }]
			: [{ line: t`The certificate of ${name}: ${certificate.subject}, until ${certificate.notAfter.slice(0, 10)}` }]),
		...(alwaysAuthenticate ? [{ line: t`The key ${name} wants the PIN for each signature.` }] : []),
	];
}

function loginWords({ login, loginMilliseconds }: TokenTest): string {
	if (login === "not-needed") return t`not needed`;
	return login === "pin" ? t`with the PIN, ${loginMilliseconds} ms` : t`at the reader, ${loginMilliseconds} ms`;
}

/** Said where the build had no compiler for pkcs11js. */
export function koffiRemark(by: string | null): string | undefined {
	return by === "koffi" ? t`pkcs11js was not compiled in this build of cfm: modules are called by koffi.` : undefined;
}
