import { ApiError } from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { operatorOf } from "./access.ts";
import type { Door } from "./app.ts";
import { decide, decideAll, explain, type VerifyParts } from "./described-decision.ts";
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
      handler: (request, reply) => {
        const { request: asked, explain: isExplained = false } = request.body;
        if (isExplained) mayExplain(request);
        const api = apiOf(parts, request.params.api);
        return isExplained
          ? explain(api, asked, request.id)
          : asJson(reply, decide(parts, api, asked, request.id));
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
      handler: (request, reply) => {
        const api = apiOf(parts, request.params.api);
        return asJson(reply, decideAll(parts, api, request.body.requests, request.id));
      },
    });
  };

/** Fast, and safe for an answer whose every member `decisionWire` names. */
const serializerCompiler = () => JSON.stringify;

/** Text that is JSON already. */
async function asJson(reply: FastifyReply, text: string | Promise<string>): Promise<string> {
  const made = await text;
  reply.type("application/json; charset=utf-8");
  return made;
}

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
