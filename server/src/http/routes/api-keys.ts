import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Clock } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import type { ApiKeys } from "../../accounts/api-keys.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { parseInstant } from "../instant.ts";
import {
  ApiKey,
  ApiKeyList,
  CreateApiKey,
  IssuedApiKey,
  RevocationReceipt,
  RotateApiKey,
  toApiKey,
  toReceipt,
  UpdateApiKey,
} from "../schemas/api-key.ts";
import { Body, Id, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage, pageQuery } from "../schemas/list.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";

const tags = ["api-keys"];
const KeyParams = ApiAndId("key");

/** `/v1/apis/{api}/api-keys`: issue, list, read, change, rotate, revoke. */
export const apiKeyRoutes =
  (parts: {
    apiKeys: ApiKeys;
    clock: Clock;
    cursors: Cursors;
    callOf: CallOf;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { apiKeys, clock, cursors, callOf } = parts;

    app.post("/v1/apis/:api/api-keys", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "issueApiKey",
        summary: "Issue a key and show its only copy",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateApiKey,
        response: {
          201: Ref(IssuedApiKey, "The key with its secret."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request, reply) => {
        const issued = await apiKeys.issue(callOf(request), withExpiry(request.body));
        return reply.code(201).send({ ...toApiKey(issued, clock()), key: issued.key });
      },
    });

    app.get("/v1/apis/:api/api-keys", {
      config: { requires: "read" },
      schema: {
        tags,
        operationId: "listApiKeys",
        summary: "List keys, newest first; never their secrets",
        params: ApiParams,
        querystring: Type.Object(
          { ...pageQuery, accountId: Type.Optional(Id("acct")) },
          { additionalProperties: false },
        ),
        response: { 200: Ref(ApiKeyList, "A page of keys."), ...readRefusals() },
      },
      handler: ({ params: { api }, query }) => {
        const filter = { accountId: query.accountId };
        const now = clock();
        return answerPage({
          cursors,
          name: { list: `${api}/api-keys`, filter },
          query,
          read: (page) => apiKeys.list(api, filter, page),
          toWire: (record) => toApiKey(record, now),
        });
      },
    });

    app.get("/v1/apis/:api/api-keys/:id", {
      config: { requires: "read" },
      schema: {
        tags,
        operationId: "getApiKey",
        summary: "Read a key; never its secret",
        params: KeyParams,
        response: { 200: Ref(ApiKey, "The key."), ...readRefusals() },
      },
      handler: async ({ params: { api, id } }) =>
        toApiKey(await apiKeys.find(api, { id }), clock()),
    });

    app.patch("/v1/apis/:api/api-keys/:id", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "updateApiKey",
        summary: "Change a key's name, scopes, expiry, addresses or limits",
        params: KeyParams,
        body: UpdateApiKey,
        response: { 200: Ref(ApiKey, "The changed key."), ...writeRefusals(409) },
      },
      handler: async (request) => {
        const name = { id: request.params.id };
        const changes = withExpiry(request.body);
        return toApiKey(await apiKeys.update(callOf(request), name, changes), clock());
      },
    });

    app.post("/v1/apis/:api/api-keys/:id/rotate", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "rotateApiKey",
        summary: "Issue a key's successor; the old one works until the overlap ends",
        params: KeyParams,
        headers: IdempotencyHeaders,
        body: RotateApiKey,
        response: {
          201: Ref(IssuedApiKey, "The new key with its secret."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request, reply) => {
        const { overlapSeconds = 86_400, force = false } = request.body;
        const name = { id: request.params.id };
        const issued = await apiKeys.rotate(callOf(request), name, { overlapSeconds, force });
        return reply.code(201).send({ ...toApiKey(issued, clock()), key: issued.key });
      },
    });

    app.post("/v1/apis/:api/api-keys/:id/revoke", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "revokeApiKey",
        summary: "End a key for good, now",
        params: KeyParams,
        headers: IdempotencyHeaders,
        querystring: Type.Object(
          {
            wait: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: 30_000,
                description: "Milliseconds to wait for every verifier to confirm.",
              }),
            ),
          },
          { additionalProperties: false },
        ),
        body: Type.Optional(Body({})),
        response: { 200: Ref(RevocationReceipt, "The receipt."), ...writeRefusals(422) },
      },
      handler: async (request) =>
        toReceipt(await apiKeys.revoke(callOf(request), { id: request.params.id })),
    });
  };

/** The body with its instant parsed. */
function withExpiry<B extends Static<typeof UpdateApiKey>>({ expiresAt, ...rest }: B) {
  if (expiresAt === undefined) return rest;
  return {
    ...rest,
    expiresAt: expiresAt === null ? null : parseInstant(expiresAt, "expiresAt"),
  };
}
