import type { EndpointDefinition } from "../../policy/define.ts";

type Kinds = NonNullable<EndpointDefinition["accepts"]>;

const KEYS: Kinds = ["account", "user", "platform"];
const CLIENT: Kinds = ["application"];

const ORG = "/v2/organizations/{orgId}";
const TEAM = `${ORG}/teams/{teamId}`;

/** Clients of platforms and what they manage, with their id and secret. */
const PLATFORM = [
  { match: "/v2/oauth-clients", accepts: [...KEYS, ...CLIENT] },
  { match: "/v2/oauth-clients/{clientId}", accepts: [...KEYS, ...CLIENT] },
  { match: "/v2/oauth-clients/{clientId}/**", accepts: CLIENT },
  { match: "/v2/oauth/{clientId}/**", accepts: CLIENT },
  { match: "/v2/provider/{clientId}/**", delegated: [] },
].map((endpoint) => ({ ...endpoint, family: "Platform" }));

/** What tokens of third parties need where neither keys nor clients need a scope. */
function delegated(
  family: string,
  base: string,
  scopes: Readonly<Record<string, string>>,
): readonly EndpointDefinition[] {
  const account = base.startsWith(ORG) ? { account: "orgId" } : {};
  return Object.entries(scopes).flatMap(([rest, scope]) => [
    { match: `GET ${base}${rest}`, family, ...account, delegated: [`${scope}_READ`] },
    { match: `${base}${rest}`, family, ...account, delegated: [`${scope}_WRITE`] },
  ]);
}

const OF_TEAM = {
  "/event-types/**": "TEAM_EVENT_TYPE",
  "/bookings/**": "TEAM_BOOKING",
  "/schedules/**": "TEAM_SCHEDULE",
  "/users/{userId}/schedules/**": "TEAM_SCHEDULE",
  "/memberships/**": "TEAM_MEMBERSHIP",
  "": "TEAM_PROFILE",
};
const OF_ORGANIZATION = {
  "/event-types/**": "ORG_EVENT_TYPE",
  "/teams/event-types/**": "ORG_EVENT_TYPE",
  "/bookings/**": "ORG_BOOKING",
  "/schedules/**": "ORG_SCHEDULE",
  "/users/{userId}/schedules/**": "ORG_SCHEDULE",
  "/teams": "ORG_PROFILE",
  "": "ORG_PROFILE",
};

/** The families below an organization; the first that matches names it. */
const ORGANIZATION: readonly EndpointDefinition[] = (
  [
    ["Orgs / Attributes / Options", `${ORG}/attributes/options/**`],
    ["Orgs / Attributes / Options", `${ORG}/attributes/{attributeId}/options/**`],
    ["Orgs / Attributes / Options", `${ORG}/attributes/slugs/{attributeSlug}/options/**`],
    ["Orgs / Attributes", `${ORG}/attributes/**`],
    ["Orgs / Delegation credentials", `${ORG}/delegation-credentials/**`],
    ["Orgs / Orgs", `${ORG}/organizations/**`],
    ["Orgs / Roles", `${ORG}/roles/**`],
    ["Orgs / Roles", `${TEAM}/roles/**`],
    ["Orgs / Teams / Routing forms / Responses", `${TEAM}/routing-forms/{formId}/responses/**`],
    ["Orgs / Teams / Workflows", `${TEAM}/workflows/**`],
    ["Orgs", `${TEAM}/**`],
    ["Orgs", `${ORG}/**`],
  ] as const
).map(([family, match]) => ({ match, family, account: "orgId" }));

/** What no family names, with the permission that clients and tokens take. */
const UNPREFIXED: readonly EndpointDefinition[] = [
  { match: "POST /v2/bookings", anonymous: true },
  { match: "GET /v2/bookings/**", scopes: ["BOOKING_READ"] },
  { match: "/v2/bookings/**", scopes: ["BOOKING_WRITE"] },
  { match: "GET /v2/slots/**", anonymous: true },
  { match: "GET /v2/event-types/**", scopes: ["EVENT_TYPE_READ"] },
  { match: "/v2/event-types/**", scopes: ["EVENT_TYPE_WRITE"] },
  { match: "GET /v2/schedules/**", scopes: ["SCHEDULE_READ"] },
  { match: "/v2/schedules/**", scopes: ["SCHEDULE_WRITE"] },
  { match: "GET /v2/calendars/**", scopes: ["APPS_READ"] },
  { match: "/v2/calendars/**", scopes: ["APPS_WRITE"] },
  { match: "GET /v2/conferencing/**", scopes: ["APPS_READ"] },
  { match: "/v2/conferencing/**", scopes: ["APPS_WRITE"] },
  { match: "GET /v2/me/**", scopes: ["PROFILE_READ"] },
  { match: "/v2/me/**", scopes: ["PROFILE_WRITE"] },
  { match: "POST /v2/api-keys/refresh", accepts: KEYS },
  { match: "POST /v2/auth/oauth2/token", anonymous: true },
  { match: "GET /v2/auth/oauth2/clients/{clientId}", delegated: [] },
];

/** Every endpoint that asks more than a valid credential. */
export const calcomEndpoints: readonly EndpointDefinition[] = [
  // For everybody, so for whoever has no platform too.
  { match: "GET /v2/provider/{clientId}", anonymous: true },
  ...PLATFORM,
  ...delegated("Orgs", ORG, OF_ORGANIZATION),
  ...delegated("Orgs", TEAM, OF_TEAM),
  ...ORGANIZATION,
  ...delegated("Teams", "/v2/teams/{teamId}", OF_TEAM),
  ...delegated("Teams", "/v2/teams", { "": "TEAM_PROFILE" }),
  { match: "/v2/teams/{teamId}/**", family: "Teams" },
  { match: "/v2/teams/**", family: "Teams" },
  ...UNPREFIXED,
];
