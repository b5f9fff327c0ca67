import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { ApiKeys } from "../../accounts/api-keys.ts";
import {
  ApiKey,
  ApiKeyList,
  CreateApiKey,
  IssuedApiKey,
  toApiKey,
  toIssuedApiKey,
  UpdateApiKey,
} from "../schemas/api-key.ts";
import { Body, Ref } from "../schemas/base.ts";
import { writeRefusals } from "../schemas/error.ts";
import { LeakedKey, ReportLeakedKey, toLeakedKey } from "../schemas/leaked-key.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { addKeyringRoutes, type KeyringRouteParts, withExpiry } from "./keyring.ts";

const tags = ["api-keys"];
const area = "api-keys" as const;

/** `/v1/apis/{api}/api-keys`: issue, list, read, change, rotate and back, revoke, report leaks. */
export const apiKeyRoutes =
  (parts: KeyringRouteParts & { readonly apiKeys: ApiKeys }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { apiKeys, clock, callOf } = parts;

    app.post("/v1/apis/:api/api-keys", {
      config: { requires: "manage", area, fresh: "secret", operatorsOnly: ["limits"] },
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
        return reply.code(201).send(toIssuedApiKey(issued, clock()));
      },
    });

    app.patch("/v1/apis/:api/api-keys/:id", {
      config: { requires: "manage", area, operatorsOnly: ["limits"] },
      schema: {
        tags,
        operationId: "updateApiKey",
        summary: "Change a key's name, scopes, expiry, addresses or limits",
        params: ApiAndId("key"),
        body: UpdateApiKey,
        response: { 200: Ref(ApiKey, "The changed key."), ...writeRefusals(409) },
      },
      handler: async (request) => {
        const name = { id: request.params.id };
        const changes = withExpiry(request.body);
        return toApiKey(await apiKeys.update(callOf(request), name, changes), clock());
      },
    });

    // Operators alone: whoever may ask this learns which keys there are.
    app.post("/v1/apis/:api/api-keys/report-leaked", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "reportLeakedKey",
        summary: "Report a key that somebody else has: it ends, or its account is told",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: ReportLeakedKey,
        response: { 200: Ref(LeakedKey, "What became of it."), ...writeRefusals(409, 422) },
      },
      handler: async (request) =>
        toLeakedKey(await apiKeys.reportLeaked(callOf(request), request.body)),
    });

    app.post("/v1/apis/:api/api-keys/:id/cancel-rotation", {
      config: { requires: "manage", area },
      schema: {
        tags,
        operationId: "cancelApiKeyRotation",
        summary: "Take a rotation back: end the successor, and let the key go on",
        params: ApiAndId("key"),
        headers: IdempotencyHeaders,
        body: Type.Optional(Body({})),
        response: { 200: Ref(ApiKey, "The key that goes on."), ...writeRefusals(409, 422) },
      },
      handler: async (request) => {
        const name = { id: request.params.id };
        return toApiKey(await apiKeys.cancelRotation(callOf(request), name), clock());
      },
    });

    const kind = {
      ...{ path: "api-keys", area, prefix: "key", name: "ApiKey", noun: "key", keyring: apiKeys },
      ...{ item: ApiKey, issued: IssuedApiKey, list: ApiKeyList },
      toWire: toApiKey,
      toIssued: toIssuedApiKey,
    };
    addKeyringRoutes(app, kind, parts);
  };
