import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { RegisteredCertificate } from "../registered/certificate.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { nameKey, type Service, services } from "./service.js";
import { standingsIn, type ToldService, tellService } from "./told.js";

/** The service with this name, in any case; undefined when there is none. */
export async function serviceCalled(view: RegistryView, name: string): Promise<Service | undefined> {
	return (await Array.fromAsync(view.records(services, { where: { name: nameKey(name) }, limit: 1 }))).flat()[0];
}

/** @throws CfmError not-found `no-such-service` */
export async function requireService(view: RegistryView, name: string): Promise<Service> {
	const found = await serviceCalled(view, name);
	if (found !== undefined) return found;
	throw new CfmError("not-found", "no-such-service", t`No service is recorded as ${name}.`, {
		hints: [line("services list"), line("services add", [name], { cert: { fill: "ALIAS" } })],
		data: { name },
	});
}

/** The services that sign with a certificate, as they are recorded, by name. */
export async function servicesOn(
	view: RegistryView,
	{ number }: Pick<RegisteredCertificate, "number">,
): Promise<Service[]> {
	return (await Array.fromAsync(view.records(services, { where: { certificate: number }, order: "name" }))).flat();
}

/** The same, as they read. */
export async function toldServicesOn(
	view: RegistryView,
	certificate: RegisteredCertificate,
	now: Date,
): Promise<ToldService[]> {
	const standings = standingsIn(view, now);
	const rows = await servicesOn(view, certificate);
	return Promise.all(rows.map(async (row) => tellService(row, await standings(row.certificate))));
}

/**
 * Reads a service's name: one line, not longer than 64 characters.
 *
 * @throws CfmError usage `bad-service-name`
 */
export function parseServiceName(text: string): string {
	const name = text.trim();
	if (name !== "" && name.length <= 64 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}*?]/u.test(name)) return name;
	throw new CfmError("usage", "bad-service-name", t`Not a service's name: ${JSON.stringify(name.slice(0, 64))}.`, {
		hints: [t`Write it in one line, with 1 to 64 characters, and without * and ?.`],
		data: { name: name.slice(0, 64) },
	});
}

/** Reads a language as `en` or `fr-CA`. @throws CfmError usage `bad-language` */
export function parseLanguage(text: string): string {
	if (/^[a-z]{2,3}(-[A-Za-z\d]{2,8}){0,3}$/.test(text)) return text;
	throw new CfmError("usage", "bad-language", t`Not a language: ${text.slice(0, 40)}.`, {
		hints: [t`Write it as en or fr-CA.`],
	});
}
