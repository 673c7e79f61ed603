import { type Known, known } from "../../../src/lib/known.js";
import type {
	BrowserPolicies,
	EpfFolder,
	PolicyBrowser,
	ProfileKind,
	ProxySettings,
	Reached,
	Surroundings,
	Target,
} from "../../../src/lib/surroundings/surroundings.js";

/** Surroundings in which all is well, and that answer as they are told. */
export class FakeSurroundings implements Surroundings {
	virtual: Known<boolean | null> = known(false);
	set: Partial<Record<PolicyBrowser, Known<BrowserPolicies>>> = {};
	kind: Known<ProfileKind | null> = known("local");
	proxySettings: Known<ProxySettings | null> = known(null);
	entry: Known<boolean | null> = known(true);
	epf: Known<EpfFolder | null> = known({ path: "C:\\Users\\ana\\Entrust", there: true, writable: known(true) });
	installed: Known<readonly string[] | null> = known(null);
	space: Known<{ free: number; all: number }> = known({ free: 50e9, all: 100e9 });
	/** By host; whoever is not here answers, now. */
	answers: Record<string, Reached> = {};
	date = "2026-03-03T08:00:00.000Z";
	readonly asked: Target[] = [];

	virtualLoopback = () => this.virtual;
	policies = (browser: PolicyBrowser) =>
		this.set[browser] ??
		known({ LoopbackNetworkAllowedForUrls: ["*"], LocalNetworkAccessPermissionsPolicyDefaultEnabled: true });
	profileKind = () => this.kind;
	proxy = () => this.proxySettings;
	autostart = async () => this.entry;
	epfFolder = async () => this.epf;
	programs = () => this.installed;
	room = () => this.space;
	async reach(target: Target): Promise<Reached> {
		this.asked.push(target);
		const tls = { trusted: true, why: null, issuer: "DigiCert Inc" };
		return this.answers[target.host] ?? { connected: true, why: null, tls, date: this.date };
	}
}
