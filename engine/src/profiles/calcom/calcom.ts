import { defineApi } from "../../policy/define.ts";
import { calcomEndpoints } from "./endpoints.ts";
import { calcomEntitlements, calcomPlans } from "./entitlements.ts";
import { calcomScopes } from "./scopes.ts";

/** A request over the limit closes it for a minute, whatever was left of the window. */
function perMinute(max: number) {
  return [{ name: "default", max, windowSeconds: 60, blockSeconds: 60 }];
}

/** Cal.com's API v2: keys, platform clients, tokens; plans open families of endpoints. */
export const calcomApi = defineApi({
  slug: "calcom",
  renderer: "calcom",
  schemes: ["client-secret-headers", "api-key", "access-token", "anonymous"],
  several: "first",
  keyFormat: { live: "cal_live_", test: "cal_", form: "hex" },
  bareKeys: true,
  keyExpiry: "day",
  scopes: calcomScopes,
  unscoped: ["api-key"],
  plans: calcomPlans,
  entitlements: calcomEntitlements["2025-12-15"],
  endpoints: calcomEndpoints,
  otherwise: "authenticated",
  delegated: "scoped",
  limits: {
    // Several windows on one key refuse only when all of them are exceeded.
    apiKey: { per: "credential", windows: perMinute(120), refuseWhen: "all" },
    oauth: { per: "token", windows: perMinute(500) },
    anonymous: { per: "address", windows: perMinute(120) },
  },
  limitsShown: "always",
  failures: ["100/minute"],
  version: {
    header: "cal-api-version",
    supported: ["2024-04-15", "2024-06-11", "2024-06-14", "2024-08-13", "2024-09-04"],
    default: "2024-04-15",
    unsupported: "default",
  },
  requestIds: "make",
  oauth: {
    accessTokenSeconds: 1800,
    refreshTokenSeconds: 2_592_000,
    codeSeconds: 600,
    refreshGraceSeconds: 0,
  },
  webhookFormat: "calcom",
});
