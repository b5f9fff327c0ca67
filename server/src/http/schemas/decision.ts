import { REASONS, type Reason } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import { Body, Instant, Nullable, OneOf, Ref } from "./base.ts";

const HeaderValue = Type.Unsafe<string | string[]>({
  type: ["string", "array"],
  maxLength: 16_384,
  maxItems: 16,
  items: { type: "string", maxLength: 16_384 },
});

/** A method is any token (RFC 9110 §9.1), `M-SEARCH` too. */
export const METHOD = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$";

/** A request to the API, as whatever received it describes it. */
export const AskedRequest = Body({
  method: Type.String({ pattern: METHOD, examples: ["GET"] }),
  url: Type.String({
    minLength: 1,
    maxLength: 16_384,
    description: "A path or an absolute URL, without the API's mount.",
    examples: ["/v2/users?limit=5"],
  }),
  headers: Type.Unsafe<Record<string, string | string[]>>({
    type: "object",
    maxProperties: 200,
    additionalProperties: HeaderValue,
    examples: [{ authorization: "Bearer lk_live_…" }],
  }),
  ip: Type.Optional(
    Type.String({ maxLength: 64, description: "Without it, rules about addresses refuse." }),
  ),
  secure: Type.Optional(
    Type.Boolean({ description: "Whether it came over TLS; the URL's scheme when absent." }),
  ),
  base: Type.Optional(
    Type.String({
      pattern: "^https?://[^/?#\\\\\\s]+(?:/[^?#\\\\\\s]*)?$",
      maxLength: 1024,
      description:
        "What stands before a path in the address that the client called, for proofs of tokens " +
        "that are bound to a key; else the URL or the header Host says it.",
      examples: ["https://api.acme.com"],
    }),
  ),
  requestId: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z0-9._-]{1,128}$",
      description: "The id under which it is answered; the call's own when absent.",
    }),
  ),
});

/** `POST verify`. */
export const VerifyBody = Body({
  request: AskedRequest,
  explain: Type.Optional(
    Type.Boolean({ description: "Answer with a trace, and spend no limit. Admins and owners." }),
  ),
});

/** `POST verify/batch`. */
export const VerifyBatchBody = Body({
  requests: Type.Array(AskedRequest, { minItems: 1, maxItems: 100 }),
});

const Principal = Type.Object(
  {
    kind: OneOf(["account", "user", "platform", "managed-user", "application", "anonymous"]),
    accountId: Nullable(Type.String()),
    userId: Nullable(Type.String()),
    subject: Nullable(Type.String()),
    applicationId: Nullable(Type.String()),
    actor: Nullable(
      Type.Object({
        kind: OneOf(["platform", "organization", "application"]),
        id: Type.String(),
      }),
    ),
    scopes: Type.Array(Type.String()),
    plan: Nullable(Type.String()),
    mode: Nullable(OneOf(["live", "test"])),
    credentialId: Nullable(Type.String()),
    scheme: Type.String(),
  },
  { $id: "Principal" },
);

const windowState = {
  name: Type.String(),
  limit: Type.Integer(),
  remaining: Type.Integer(),
  resetAt: Instant("When the whole limit is available again."),
};

const Limit = Type.Object(
  {
    ...windowState,
    windows: Type.Array(Type.Object({ ...windowState, windowSeconds: Type.Integer() })),
    decidedBy: OneOf(["local", "server", "redis", "lease"], "Which process counted."),
  },
  { $id: "Limit" },
);

/** The engine's whole answer, and the API's own answer to the request. */
export const DecisionAnswer = Type.Object(
  {
    outcome: OneOf(["allow", "deny"]),
    status: Type.Integer({ description: "The status that the profile answers with." }),
    reason: Type.Optional(OneOf(Object.keys(REASONS) as Reason[], "Why it was refused.")),
    principal: Type.Optional(Ref(Principal)),
    limit: Type.Optional(Ref(Limit)),
    response: Type.Object({
      status: Type.Integer(),
      headers: Type.Record(Type.String(), Type.String()),
      body: Nullable(Type.String({ description: "The exact text, or null." })),
    }),
    trace: Type.Optional(
      Type.Array(
        Type.Object({
          step: Type.String(),
          outcome: OneOf(["passed", "refused", "skipped"]),
          detail: Type.String(),
          at: Instant("When it was looked at."),
        }),
      ),
    ),
  },
  { $id: "Decision" },
);

/** In the order of the requests. */
export const DecisionsAnswer = Type.Object(
  { decisions: Type.Array(Ref(DecisionAnswer)) },
  { $id: "Decisions" },
);

/** Every schema of this file with a name of its own. */
export const DECISION_COMPONENTS = [Principal, Limit, DecisionAnswer, DecisionsAnswer];

export type AskedRequestBody = Static<typeof AskedRequest>;
