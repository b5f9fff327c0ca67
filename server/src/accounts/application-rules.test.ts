import { compilePolicy, policyOf, profiles } from "@latchkey/engine";
import { expect, test } from "vitest";
import {
  checkApplicationKind,
  checkApplicationRules,
  namedPermissions,
} from "./application-rules.ts";
import { PLATFORM_PERMISSIONS, permissionMask } from "./platform-permissions.ts";

const standard = compilePolicy(policyOf(profiles.standard));
const platform = compilePolicy(
  policyOf({
    extends: profiles.standard,
    slug: "platform",
    schemes: ["client-secret-headers", "api-key"],
    scopes: { BOOKING_READ: "Read", BOOKING_WRITE: "Write", APPS_READ: "Apps", "read:x": "X" },
  }),
);

test("the permissions are ten bits in this order", () => {
  expect(PLATFORM_PERMISSIONS.map((name) => permissionMask([name]))).toEqual([
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
  ]);
  expect(permissionMask(PLATFORM_PERMISSIONS)).toBe(1023);
  expect(permissionMask(["BOOKING_READ", "BOOKING_READ", "admin:all"])).toBe(4);
  expect(permissionMask([])).toBe(0);
});

test.each([
  [["*"], ["BOOKING_READ", "BOOKING_WRITE", "APPS_READ"]],
  [
    ["APPS_READ", "BOOKING_READ", "APPS_READ"],
    ["BOOKING_READ", "APPS_READ"],
  ],
  [
    ["BOOKING_READ", "*"],
    ["BOOKING_READ", "BOOKING_WRITE", "APPS_READ"],
  ],
  [[], []],
])("names %j as those that the API has", (given, named) => {
  expect(namedPermissions(given, platform)).toEqual(named);
});

test("an API whose platform sign-ups are closed takes no new platform application", () => {
  const { policy } = platform;
  const closed = compilePolicy({ ...policy, platformSignups: "closed" });
  expect(() => checkApplicationKind("oauth", "confidential", closed)).not.toThrow();
  expect(() => checkApplicationKind("platform", "confidential", closed)).toThrow(
    expect.objectContaining({ code: "FORBIDDEN" }),
  );
});

test("a platform application keeps a secret, where the API has a scheme for it", () => {
  expect(() => checkApplicationKind("platform", "confidential", platform)).not.toThrow();
  expect(() => checkApplicationKind("oauth", "public", standard)).not.toThrow();
  const kindRefused = fieldOf(() => checkApplicationKind("platform", "confidential", standard));
  expect(kindRefused).toBe("kind");
  expect(fieldOf(() => checkApplicationKind("platform", "public", platform))).toBe("type");
});

const URIS = Array.from({ length: 11 }, (_, n) => `https://app.example.com/${n}`);

test.each([
  ["a name of blanks", "oauth", { name: "  " }, "name"],
  ["a name that reads another way round", "platform", { name: "\u202eelgooG" }, "name"],
  ["a name of two lines", "oauth", { name: "Good\nVerified application" }, "name"],
  ["no redirect URI", "oauth", { redirectUris: [] }, "redirectUris"],
  ["11 redirect URIs", "oauth", { redirectUris: URIS }, "redirectUris"],
  ["one twice", "oauth", { redirectUris: [...URIS.slice(0, 2), URIS[0]] }, "redirectUris[2]"],
  ["one in clear", "oauth", { redirectUris: ["http://example.com"] }, "redirectUris[0]"],
  ["a pattern", "oauth", { redirectUris: ["https://*.example.com"] }, "redirectUris[0]"],
  ["an unknown scope", "oauth", { scopes: ["read:x", "read:y"] }, "scopes[1]"],
  ["permissions", "oauth", { permissions: ["BOOKING_READ"] }, "permissions"],
  ["a scope that is no permission", "platform", { permissions: ["read:x"] }, "permissions[0]"],
  ["a permission it lacks", "platform", { permissions: ["*", "PROFILE_READ"] }, "permissions[1]"],
  ["a logo in clear", "oauth", { logo: "http://example.com/l.svg" }, "logo"],
  ["a script", "oauth", { homePage: "javascript:alert(1)" }, "homePage"],
  [
    "a script to go to",
    "platform",
    { settings: { bookingRedirectUri: "javascript:alert(1)" } },
    "settings.bookingRedirectUri",
  ],
] as const)("refuses %s for kind %s and names it", (_what, kind, rules, field) => {
  expect(fieldOf(() => checkApplicationRules(rules as object, kind, platform))).toBe(field);
});

const AFTERWARDS = "https://app.example.com/signed-out";

test.each([
  ["standard", "oauth", { postLogoutRedirectUris: [AFTERWARDS, "http://127.0.0.1/x"] }],
  ["standard", "oauth", { backchannelLogoutUri: `${AFTERWARDS}?from=us` }],
  ["standard", "oauth", { postLogoutRedirectUris: [], backchannelLogoutUri: null }],
] as const)("on %s, kind %s may take part in sign-outs with %j", (_on, kind, logout) => {
  expect(() => checkApplicationRules({ logout }, kind, standard)).not.toThrow();
});

test.each([
  [
    "a page in clear",
    { postLogoutRedirectUris: ["http://a.example/"] },
    "postLogoutRedirectUris[0]",
  ],
  [
    "a page twice",
    { postLogoutRedirectUris: [AFTERWARDS, AFTERWARDS] },
    "postLogoutRedirectUris[1]",
  ],
  ["a pattern", { postLogoutRedirectUris: ["https://*.a.example/"] }, "postLogoutRedirectUris[0]"],
  ["an address in clear", { backchannelLogoutUri: "http://a.example/" }, "backchannelLogoutUri"],
  ["a fragment", { backchannelLogoutUri: `${AFTERWARDS}#x` }, "backchannelLogoutUri"],
])("refuses %s of sign-outs", (_what, logout, field) => {
  const check = () => checkApplicationRules({ logout }, "oauth", standard);
  expect(fieldOf(check)).toBe(`logout.${field}`);
});

test("nobody signs out of a platform, nor of an API without sign-ins", () => {
  const logout = { postLogoutRedirectUris: [AFTERWARDS] };
  const of = (definition: typeof profiles.calcom) => compilePolicy(policyOf(definition));
  const refusals = [
    () => checkApplicationRules({ logout }, "platform", standard),
    () => checkApplicationRules({ logout }, "oauth", of(profiles.calcom)),
    () => checkApplicationRules({ logout }, "oauth", of(profiles.savvycal)),
  ];
  expect(refusals.map(fieldOf)).toEqual(["logout", "logout", "logout"]);
});

test.each([
  ["10 redirect URIs", "oauth", { redirectUris: URIS.slice(1) }],
  ["a pattern", "platform", { redirectUris: ["https://*.example.com"] }],
  ["a scope", "oauth", { scopes: ["read:x"] }],
  ["all permissions", "platform", { permissions: ["*"] }],
  ["no logo", "platform", { logo: null, settings: { bookingRedirectUri: null } }],
  ["nothing", "platform", {}],
] as const)("takes %s for kind %s", (_what, kind, rules) => {
  expect(() => checkApplicationRules(rules, kind, platform)).not.toThrow();
});

test("suggests the name that was meant, and repeats nothing that was sent", () => {
  const typo = { permissions: ["BOOKINGS_READ"] };
  expect(() => checkApplicationRules(typo, "platform", platform)).toThrow(
    /^permissions\[0\] is not a permission of this API; did you mean "BOOKING_READ"\?$/,
  );
  for (const scope of [`lk_live_${"aB3".repeat(12)}`, "cafebabe".repeat(8)]) {
    expect(() => checkApplicationRules({ scopes: ["read:x", scope] }, "oauth", platform)).toThrow(
      /^scopes\[1\] is not a scope of this API\.$/,
    );
  }
});

function fieldOf(check: () => void): unknown {
  try {
    check();
  } catch (error) {
    return (error as { readonly details?: { readonly field?: unknown } }).details?.field;
  }
  return "nothing was refused";
}
