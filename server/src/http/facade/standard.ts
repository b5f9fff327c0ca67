import { API_ERRORS } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { KeyCeiling } from "../../accounts/api-key-ceiling.ts";
import type { ApiKeyName, ApiKeys, IssuedApiKey } from "../../accounts/api-keys.ts";
import type { Call } from "../../accounts/call.ts";
import type { CredentialRecord } from "../../store/records.ts";
import type { App } from "../app.ts";
import { type Cursors, createCursors } from "../cursor.ts";
import { instant, instantOrNull, parseInstant } from "../instant.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { Text } from "../schemas/base.ts";
import { accountOf, createCredentialCall, ListQuery } from "./credential-call.ts";
import {
  allowedOf,
  type FacadeParts,
  JSON_TYPE,
  OWN_ENDPOINT,
  type ProfileFacade,
} from "./profile-facade.ts";
import { inSnakeCase } from "./snake-case.ts";
import { addOAuthApplications } from "./standard-applications.ts";

/** The scope that looking after keys takes is in the policy's endpoints, not here. */
const KEY_PATHS = ["/api-keys", "/v2/api-keys"];

const NewKeyBody = Type.Object(
  {
    name: Text({ minLength: 1, maxLength: 200 }),
    scopes: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 })),
    mode: Type.Optional(Type.Enum(["live", "test"])),
    expires_at: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Null()])),
    allowed_ips: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 })),
  },
  { additionalProperties: false },
);

const RotateBody = Type.Object(
  {
    overlap_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800 })),
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const { config, schema } = OWN_ENDPOINT;

const DEFAULT_OVERLAP_SECONDS = 86_400;

/** The document's own endpoints: `GET /v2/auth/test`, the caller's API keys and applications. */
export const standardFacade: ProfileFacade = {
  routes: addRoutes,

  errorAnswer(error, { requestId }) {
    const { message, details } = inSnakeCase(error);
    const body = { error: { code: error.code, message, request_id: requestId, details } };
    return {
      status: API_ERRORS[error.code].status,
      headers: JSON_TYPE,
      body: JSON.stringify(body),
    };
  },
};

function addRoutes(app: App, api: ProtectedApi, parts: FacadeParts): void {
  app.get("/v2/auth/test", OWN_ENDPOINT, async (request) => {
    const { principal, expiresAt } = allowedOf(request);
    return {
      valid: true,
      method: METHODS[principal.scheme] ?? principal.scheme,
      subject: principal.userId ?? principal.subject ?? principal.accountId,
      account_id: principal.accountId,
      scopes: principal.scopes,
      mode: principal.mode,
      expires_at: instantOrNull(expiresAt),
    };
  });
  const keys = {
    slug: api.slug,
    apiKeys: parts.apiKeys,
    cursors: createCursors(parts.masterKeys),
    callOf: createCredentialCall(api, parts),
  };
  for (const path of KEY_PATHS) addKeyEndpoints(app, path, keys);
  addOAuthApplications(app, api, {
    ...parts,
    ceilingOf: (request) => ceilingOf(parts.apiKeys, api.slug, request),
  });
}

const METHODS: Readonly<Record<string, string>> = {
  "api-key": "api_key",
  "shared-secret-jwt": "jwt",
  "access-token": "oauth",
};

interface KeyParts {
  readonly slug: string;
  readonly apiKeys: ApiKeys;
  readonly cursors: Cursors;
  readonly callOf: (request: FastifyRequest) => Call;
}

function addKeyEndpoints(
  app: App,
  path: string,
  { slug, apiKeys, cursors, callOf }: KeyParts,
): void {
  app.post<{ Body: Static<typeof NewKeyBody> }>(
    path,
    { config, schema: { ...schema, body: NewKeyBody } },
    async (request, reply) => {
      const ceiling = await ceilingOf(apiKeys, slug, request);
      const { name, scopes = [], mode, expires_at, allowed_ips } = request.body;
      const draft = {
        name,
        accountId: ceiling.accountId,
        userId: allowedOf(request).principal.userId,
        scopes,
        ...(mode !== undefined && { mode }),
        ...(expires_at != null && { expiresAt: parseInstant(expires_at, "expires_at") }),
        ...(allowed_ips !== undefined && { allowedIps: allowed_ips }),
      };
      const issued = await apiKeys.issue(callOf(request), draft, ceiling);
      return reply.code(201).send(issuedWire(issued));
    },
  );

  app.get<{ Querystring: Static<typeof ListQuery> }>(
    path,
    { config, schema: { ...schema, querystring: ListQuery } },
    async (request) => {
      const accountId = accountOf(request);
      const list = `${slug} facade api-keys ${accountId}`;
      const { limit, cursor } = request.query;
      const page = { limit, after: cursors.read(list, cursor) };
      const { items, next } = await apiKeys.list(slug, { accountId, live: true }, page);
      const data = items.map((key) => ({ id: key.id, ...keyWire(key) }));
      return { data, next_cursor: cursors.write(list, next) };
    },
  );

  app.post<{ Params: { id: string }; Body: Static<typeof RotateBody> }>(
    `${path}/:id/rotate`,
    { config, schema: { ...schema, body: RotateBody } },
    async (request, reply) => {
      const { overlap_seconds = DEFAULT_OVERLAP_SECONDS, force = false } = request.body;
      const ceiling = await ceilingOf(apiKeys, slug, request);
      const rotation = { overlapSeconds: overlap_seconds, force, ceiling };
      const issued = await apiKeys.rotate(callOf(request), keyName(request), rotation);
      return reply.code(201).send(issuedWire(issued));
    },
  );

  app.delete<{ Params: { id: string } }>(`${path}/:id`, OWN_ENDPOINT, async (request, reply) => {
    await apiKeys.revoke(callOf(request), keyName(request));
    return reply.code(204).send();
  });
}

/** Keys of other accounts do not exist for the caller. */
function keyName(request: FastifyRequest<{ Params: { id: string } }>): ApiKeyName {
  return { id: request.params.id, accountId: accountOf(request) };
}

/** A key made by a key can do no more than its maker. */
async function ceilingOf(
  apiKeys: ApiKeys,
  slug: string,
  request: FastifyRequest,
): Promise<KeyCeiling> {
  const { principal, expiresAt } = allowedOf(request);
  const accountId = accountOf(request);
  const maker =
    principal.scheme === "api-key" && principal.credentialId !== null
      ? // Its own account may be another than the one acted for.
        await apiKeys.find(slug, { id: principal.credentialId })
      : undefined;
  return {
    accountId,
    userId: principal.userId,
    limits: maker?.limits ?? null,
    scopes: maker?.scopes ?? principal.scopes,
    // As it is now: the key may have got an end since, while its sender held the body back.
    expiresAt: maker === undefined ? expiresAt : maker.expiresAt,
    allowedIps: maker?.allowedIps ?? [],
    mode: principal.mode ?? "live",
    signing: maker?.signing ?? "off",
  };
}

/** With what is shown once; a signing secret only where the key has one. */
function issuedWire(issued: IssuedApiKey) {
  const { id, key, signingSecret } = issued;
  return { id, key, signing_secret: signingSecret, ...keyWire(issued) };
}

function keyWire(key: CredentialRecord) {
  return {
    name: key.name,
    prefix: key.prefix,
    last_four: key.lastFour,
    scopes: key.scopes,
    mode: key.mode,
    created_at: instant(key.createdAt),
    expires_at: instantOrNull(key.expiresAt),
  };
}
