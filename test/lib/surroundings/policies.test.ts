import { expect, it } from "vitest";
import { covers, loopbackAccess, mayInFrames, policyProxy } from "../../../src/lib/surroundings/policies.js";

const site = "https://sign.example.com";

it.each([
	["*", true],
	["sign.example.com", true],
	["https://sign.example.com", true],
	["https://sign.example.com:443", true],
	["https://sign.example.com/*", true],
	["[*.]example.com", true],
	["https://[*.]sign.example.com:*", true],
	["*://sign.example.com", true],
	["http://sign.example.com", false],
	["https://sign.example.com:8443", false],
	["example.com", false],
	["[*.]ample.com", false],
	["", false],
	["https://", false],
])("the pattern %s is about the site: %s", (pattern, is) => {
	expect(covers(pattern, site)).toBe(is);
});

it("takes the port of another origin for what it is", () => {
	expect(covers("https://sign.example.com:8443", "https://sign.example.com:8443")).toBe(true);
	expect(covers("sign.example.com", "https://sign.example.com:8443")).toBe(true);
});

it.each([
	[{}, "unset", null],
	[{ LocalNetworkAccessAllowedForUrls: [site] }, "allowed", "LocalNetworkAccessAllowedForUrls"],
	[
		{ LocalNetworkAccessAllowedForUrls: [site], LocalNetworkAccessBlockedForUrls: ["*"] },
		"blocked",
		"LocalNetworkAccessBlockedForUrls",
	],
	[
		{ LoopbackNetworkAllowedForUrls: [site], LocalNetworkAccessBlockedForUrls: ["*"] },
		"allowed",
		"LoopbackNetworkAllowedForUrls",
	],
	[
		{ LoopbackNetworkAllowedForUrls: [site], LoopbackNetworkBlockedForUrls: [site] },
		"blocked",
		"LoopbackNetworkBlockedForUrls",
	],
	[{ LocalNetworkAccessRestrictionsTemporaryOptOut: 1 }, "off", "LocalNetworkAccessRestrictionsTemporaryOptOut"],
	[{ LoopbackNetworkAllowedForUrls: ["https://other.example"] }, "unset", null],
])("in the documented order: %j is %s", (policies, is, policy) => {
	expect(loopbackAccess(policies, site)).toEqual({ is, policy });
});

it("frames need a policy of their own, and a proxy's exceptions are told apart", () => {
	expect(mayInFrames({})).toBe(false);
	expect(mayInFrames({ LocalNetworkAccessPermissionsPolicyDefaultEnabled: 1 })).toBe(true);
	expect(policyProxy({})).toBeUndefined();
	expect(policyProxy({ ProxyServer: "p:8080", ProxyBypassList: "*.corp.example; <-loopback>" })).toEqual({
		server: "p:8080",
		bypass: ["*.corp.example", "<-loopback>"],
	});
});
