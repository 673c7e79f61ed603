import type { AnyKind, FindingKind } from "../finding/finding.js";
import { remedyIn } from "../finding/remedy.js";
import { t } from "../text.js";

export const noManagedSite: FindingKind<{ environment: string }> = {
	id: "CFM-SITE-001",
	severity: "warning",
	title: () => t`No site is managed`,
	text: ({ environment }) =>
		t`no web ID can be checked or set in ${environment} before cfm knows the sites that users sign on`,
	remedies: ({ environment }) => [remedyIn(environment, "sites add", [{ fill: "https://HOST" }])],
	sample: { environment: "default" },
};

export const siteKinds: readonly AnyKind[] = [noManagedSite];
