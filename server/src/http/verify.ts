import { ApiError } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { operatorOf } from "./access.ts";
import type { Door } from "./app.ts";
import { decide, decideAll, type VerifyParts } from "./described-decision.ts";
import { may } from "./permissions.ts";
import type { ProtectedApi } from "./protected-api.ts";
import { Ref } from "./schemas/base.ts";
import {
  DecisionAnswer,
  DecisionsAnswer,
  VerifyBatchBody,
  VerifyBody,
} from "./schemas/decision.ts";
import { readRefusals } from "./schemas/error.ts";
import { ApiParams } from "./schemas/params.ts";

type OneCall = { Params: { api: string }; Body: Static<typeof VerifyBody> };
type BatchCall = { Params: { api: string }; Body: Static<typeof VerifyBatchBody> };

/** `POST /v1/apis/{api}/verify` and `…/verify/batch`: one decision for each request described. */
export const verifyDoor =
  (parts: VerifyParts): Door =>
  async (app) => {
    const tags = ["decisions"];
    const refusals = readRefusals(413, 415);

    app.post<OneCall>("/v1/apis/:api/verify", {
      config: { requires: "verify", quiet: true },
      schema: {
        tags,
        operationId: "verify",
        summary: "Decide about one request",
        params: ApiParams,
        body: VerifyBody,
        response: { 200: Ref(DecisionAnswer, "Allowed or refused."), ...refusals },
      },
      serializerCompiler,
      handler: (request) => {
        const { request: asked, explain = false } = request.body;
        if (explain) mayExplain(request);
        return decide(parts, apiOf(parts, request.params.api), asked, explain, request.id);
      },
    });

    app.post<BatchCall>("/v1/apis/:api/verify/batch", {
      config: { requires: "enforce", quiet: true },
      schema: {
        tags,
        operationId: "verifyBatch",
        summary: "Decide about up to 100 requests",
        params: ApiParams,
        body: VerifyBatchBody,
        response: { 200: Ref(DecisionsAnswer, "In the order of the requests."), ...refusals },
      },
      serializerCompiler,
      handler: (request) => {
        const api = apiOf(parts, request.params.api);
        return decideAll(parts, api, request.body.requests, request.id);
      },
    });
  };

/** Fast, and safe for an answer whose every member `decisionWire` names. */
const serializerCompiler = () => JSON.stringify;

/** @throws {ApiError} `NOT_FOUND`. */
export function apiOf({ apis }: Pick<VerifyParts, "apis">, slug: string): ProtectedApi {
  const api = apis.get(slug);
  if (api === undefined) throw new ApiError("NOT_FOUND", "There is no such API.");
  return api;
}

/** A trace tells more about a caller's credential than a viewer may know. */
function mayExplain(request: FastifyRequest<OneCall>): void {
  if (may(operatorOf(request).role, "manage")) return;
  throw new ApiError("FORBIDDEN", "Only the roles admin and owner may ask for an explanation.", {
    details: { field: "explain" },
  });
}
