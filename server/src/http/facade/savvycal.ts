import { ApiError, invalidField } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { AccountRecord } from "../../store/records.ts";
import type { App } from "../app.ts";
import { createCursors } from "../cursor.ts";
import { instant } from "../instant.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { Body, Id, Nullable, Text } from "../schemas/base.ts";
import { accountOf, createCredentialCall, ListQuery } from "./credential-call.ts";
import { allowedOf, type FacadeParts, OWN_ENDPOINT, type ProfileFacade } from "./profile-facade.ts";
import { savvycalError } from "./savvycal-error.ts";

const { config, schema } = OWN_ENDPOINT;

/** Most accounts that a platform makes for itself. */
const MOST_CHILDREN = 10_000;

const NewAccountBody = Body({
  name: Text({ minLength: 1, maxLength: 200 }),
  external_id: Type.Optional(Nullable(Text({ minLength: 1, maxLength: 200 }))),
});

const NewSessionBody = Body({
  user_id: Id("user"),
  return_url: Type.Optional(Nullable(Text({ maxLength: 2048 }))),
});

/** The document's own endpoints: who is asking, a platform's accounts, and dashboard sessions. */
export const savvycalFacade: ProfileFacade = {
  routes(app, api, parts) {
    addIdentities(app, api, parts);
    addAccounts(app, api, parts);
    addDashboardSessions(app, api, parts);
  },
  errorAnswer: savvycalError,
};

function addIdentities(app: App, { slug }: ProtectedApi, parts: FacadeParts): void {
  const { accounts, users, childAccounts } = parts;

  app.get("/v1/account", OWN_ENDPOINT, async (request) =>
    accountWire(await accounts.find(slug, accountOf(request))),
  );

  app.get("/v1/platform", OWN_ENDPOINT, async (request) => {
    const { id, name, createdAt } = await accounts.find(slug, accountOf(request));
    return { id, name, created_at: instant(createdAt) };
  });

  app.get("/v1/user", OWN_ENDPOINT, async (request) => {
    const { userId, actor, accountId } = allowedOf(request).principal;
    if (userId === null) throw new ApiError("NOT_FOUND", "There is no such user.");
    const { id, name, email, createdAt } = await users.find(slug, userId);
    // Where else the user belongs is nothing to the account whose key signed the token.
    const signer = actor?.id ?? accountId ?? "";
    const account_ids = await childAccounts.idsOfUser(slug, signer, userId);
    return { id, name, email, account_ids, created_at: instant(createdAt) };
  });
}

function addAccounts(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const { accounts, childAccounts } = parts;
  const { slug } = api;
  const callOf = createCredentialCall(api, parts);
  const cursors = createCursors(parts.masterKeys);

  app.get<{ Querystring: Static<typeof ListQuery> }>(
    "/v1/accounts",
    { config, schema: { ...schema, querystring: ListQuery } },
    async (request) => {
      const parentId = accountOf(request);
      const list = `${slug} facade accounts ${parentId}`;
      const { limit, cursor } = request.query;
      const page = { limit, after: cursors.read(list, cursor) };
      const { items, next } = await childAccounts.list(slug, parentId, page);
      return { data: items.map(accountWire), next_cursor: cursors.write(list, next) };
    },
  );

  app.post<{ Body: Static<typeof NewAccountBody> }>(
    "/v1/accounts",
    { config, schema: { ...schema, body: NewAccountBody } },
    async (request, reply) => {
      const { name, external_id: externalId = null } = request.body;
      const parentId = accountOf(request);
      const draft = { name, externalId, parentId, maxChildren: MOST_CHILDREN };
      return reply.code(201).send(accountWire(await accounts.create(callOf(request), draft)));
    },
  );

  app.get<{ Params: { id: string } }>("/v1/accounts/:id", OWN_ENDPOINT, async (request) => {
    const account = await childAccounts.find(slug, accountOf(request), request.params.id);
    if (account === undefined) throw new ApiError("NOT_FOUND", "There is no such account.");
    return accountWire(account);
  });
}

function addDashboardSessions(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const callOf = createCredentialCall(api, parts);

  app.post<{ Body: Static<typeof NewSessionBody> }>(
    "/v1/dashboard_sessions",
    { config, schema: { ...schema, body: NewSessionBody } },
    async (request, reply) => {
      const { user_id: userId, return_url: returnUrl = null } = request.body;
      requireOwnUser(request, userId);
      const draft = { accountId: accountOf(request), userId, returnUrl };
      const session = await parts.portalSessions.create(callOf(request), draft);
      const { id, url, expiresAt } = session;
      return reply.code(201).send({ id, url, expires_at: instant(expiresAt) });
    },
  );
}

/** Who acts for one user opens the dashboard for that user alone: others may do more in it. */
function requireOwnUser(request: FastifyRequest, userId: string): void {
  const own = allowedOf(request).principal.userId;
  if (own === null || own === userId) return;
  throw invalidField("userId", "There is no such user in the account.");
}

function accountWire({ id, name, externalId, createdAt }: AccountRecord) {
  return { id, name, external_id: externalId, created_at: instant(createdAt) };
}
