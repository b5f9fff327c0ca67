import { type Static, Type } from "typebox";
import type { IssuedEndpoint } from "../../accounts/webhook-endpoints.ts";
import {
  DISABLED_REASONS,
  WEBHOOK_FORMATS,
  type WebhookEndpointRecord,
} from "../../store/webhook-record.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";
import { ListOf, pageQuery } from "./list.ts";

const url = Text({
  minLength: 1,
  maxLength: 2048,
  description: "https or http, on the public Internet; no user name, no fragment.",
});
const events = Type.Array(Text({ minLength: 1, maxLength: 200 }), {
  minItems: 1,
  maxItems: 50,
  description: "Types of events, `prefix.*`, or `*` for all.",
  examples: [["api_key.*", "grant.revoked"]],
});
const description = Nullable(Text({ maxLength: 200 }));
const payloadTemplate = Nullable(
  Text({
    minLength: 1,
    maxLength: 8192,
    description: "The body in your own words: `{{payload.title}}`. Only in the format `calcom`.",
  }),
);
const version = Nullable(
  Type.String({
    pattern: "^[A-Za-z0-9._-]{1,32}$",
    description: "What deliveries say of their version, where the format does.",
  }),
);
const strictOrder = Type.Boolean({ description: "A failed delivery holds back those after it." });
const parallel = Type.Integer({
  minimum: 1,
  maximum: 16,
  description: "Most requests to it at once. More than one gives up the order.",
});
const enabled = Type.Boolean({ description: "`true` starts one again that was disabled." });
const secret = Text({
  minLength: 1,
  maxLength: 255,
  description: "Your own: `whsec_` and the base64 of 24 to 64 bytes, or 24 to 128 characters.",
});

const wire = {
  id: Type.String({ examples: ["wh_4f1c0a9be27d4f1c0a9be27d"] }),
  accountId: Nullable(Type.String({ description: "Whose events it gets; null: of all accounts." })),
  applicationId: Nullable(Type.String({ description: "It gets this application's events alone." })),
  url: Type.String(),
  description: Nullable(Type.String()),
  events: Type.Array(Type.String()),
  format: OneOf(
    WEBHOOK_FORMATS,
    "How deliveries are written and signed; the API's policy says it.",
  ),
  payloadTemplate: Nullable(Type.String()),
  version: Nullable(Type.String()),
  strictOrder: Type.Boolean(),
  parallel: Type.Integer(),
  status: OneOf(["active", "disabled", "revoked"]),
  secrets: Type.Array(
    Type.Object({
      id: Type.String(),
      publicKey: Nullable(
        Type.String({ description: "Verifies `v1a` signatures: an Ed25519 key in base64." }),
      ),
      createdAt: Instant("When it was made."),
      endsAt: Nullable(Instant("When its overlap ends; null: it is the newest.")),
    }),
    { description: "From old to new; deliveries are signed with all that have not ended." },
  ),
  createdAt: Instant("When it was made."),
  disabledAt: Nullable(Instant("Since when it gets nothing.")),
  disabledReason: Nullable(
    OneOf(DISABLED_REASONS, "`gone`: it answered 410. `failing`: nothing arrived for five days."),
  ),
  failingSince: Nullable(Instant("The first failure after which nothing arrived.")),
  revokedAt: Nullable(Instant("When it was revoked.")),
};

/** A webhook endpoint on the wire; never its secret. */
export const WebhookEndpoint = Type.Object(wire, { $id: "WebhookEndpoint" });

/** A webhook endpoint with a secret just made. */
export const IssuedWebhookEndpoint = Type.Object(
  {
    ...wire,
    secret: Nullable(
      Type.String({ description: "The secret: shown here and never again. Null: none signs." }),
    ),
  },
  { $id: "IssuedWebhookEndpoint" },
);

/** A page of webhook endpoints. */
export const WebhookEndpointList = ListOf(WebhookEndpoint, "WebhookEndpointList");

/** `GET webhook-endpoints`. */
export const WebhookEndpointQuery = Type.Object(
  {
    ...pageQuery,
    accountId: Type.Optional(Id("acct")),
    applicationId: Type.Optional(Id("app")),
  },
  { additionalProperties: false },
);

/** `POST webhook-endpoints`. */
export const CreateWebhookEndpoint = Body({
  accountId: Type.Optional(Nullable(Id("acct", "Whose events it gets; absent: of all accounts."))),
  applicationId: Type.Optional(Nullable(Id("app", "It gets this application's events alone."))),
  url,
  events,
  description: Type.Optional(description),
  secret: Type.Optional(Nullable(secret)),
  payloadTemplate: Type.Optional(payloadTemplate),
  version: Type.Optional(version),
  strictOrder: Type.Optional(strictOrder),
  parallel: Type.Optional(parallel),
  asymmetric: Type.Optional(
    Type.Boolean({ description: "Sign with an Ed25519 key too, which receivers need not hide." }),
  ),
  enabled: Type.Optional(enabled),
});

/** `PATCH webhook-endpoints/{id}`. */
export const UpdateWebhookEndpoint = Body(
  {
    url: Type.Optional(url),
    events: Type.Optional(events),
    description: Type.Optional(description),
    payloadTemplate: Type.Optional(payloadTemplate),
    version: Type.Optional(version),
    strictOrder: Type.Optional(strictOrder),
    parallel: Type.Optional(parallel),
    enabled: Type.Optional(enabled),
  },
  { minProperties: 1 },
);

/** `POST webhook-endpoints/{id}/rotate`. */
export const RotateWebhookSecret = Body({
  overlapSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 604_800,
      default: 86_400,
      description: "How long deliveries are signed with the old secret too.",
    }),
  ),
  force: Type.Optional(
    Type.Boolean({ default: false, description: "Rotate although an overlap is under way." }),
  ),
  secret: Type.Optional(secret),
});

/** The record as it goes over the wire. */
export function toWebhookEndpoint(record: WebhookEndpointRecord): Static<typeof WebhookEndpoint> {
  const { revokedAt, disabledAt } = record;
  return {
    ...record,
    events: [...record.events],
    status: revokedAt !== null ? "revoked" : disabledAt !== null ? "disabled" : "active",
    secrets: record.secrets.map(({ id, publicKey, createdAt, endsAt }) => ({
      ...{ id, publicKey },
      ...{ createdAt: instant(createdAt), endsAt: instantOrNull(endsAt) },
    })),
    createdAt: instant(record.createdAt),
    disabledAt: instantOrNull(disabledAt),
    failingSince: instantOrNull(record.failingSince),
    revokedAt: instantOrNull(revokedAt),
  };
}

/** The answer that shows the secret. */
export function toIssuedWebhookEndpoint(
  issued: IssuedEndpoint,
): Static<typeof IssuedWebhookEndpoint> {
  return { ...toWebhookEndpoint(issued), secret: issued.secret };
}
