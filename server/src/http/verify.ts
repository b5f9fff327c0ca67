import {
  ApiError,
  type ApiRequest,
  type Clock,
  type Decision,
  type Policy,
} from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { operatorOf } from "./access.ts";
import type { Door } from "./app.ts";
import { describedAddress } from "./asked-address.ts";
import { type DecisionWire, decisionWire } from "./decision-wire.ts";
import { may } from "./permissions.ts";
import type { ProtectedApi, RecordDecision } from "./protected-api.ts";
import { Ref } from "./schemas/base.ts";
import {
  type AskedRequestBody,
  DecisionAnswer,
  DecisionsAnswer,
  VerifyBatchBody,
  VerifyBody,
} from "./schemas/decision.ts";
import { readRefusals } from "./schemas/error.ts";
import { ApiParams } from "./schemas/params.ts";

/** What the verify endpoints use. */
export interface VerifyParts {
  readonly apis: ReadonlyMap<string, ProtectedApi>;
  readonly record: RecordDecision;
  /** Milliseconds that no one can set back. */
  readonly monotonic: Clock;
}

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
        const decisions = request.body.requests.map((asked) =>
          decide(parts, api, asked, false, request.id),
        );
        if (decisions.every(isMade)) return { decisions };
        return Promise.all(decisions).then((made) => ({ decisions: made }));
      },
    });
  };

/** Fast, and safe for an answer whose every member `decisionWire` names. */
const serializerCompiler = () => JSON.stringify;

function isMade(decision: DecisionWire | Promise<DecisionWire>): decision is DecisionWire {
  return !(decision instanceof Promise);
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

/** Decides about one described request; what is only explained is not recorded. */
export function decide(
  { record, monotonic }: VerifyParts,
  { slug, engine }: ProtectedApi,
  asked: AskedRequestBody,
  explain: boolean,
  requestId: string,
): DecisionWire | Promise<DecisionWire> {
  const request = apiRequest(asked, engine.policy.policy);
  const start = monotonic();
  const settle = (decision: Decision) => {
    if (!explain) record(slug, decision, request, requestId, (monotonic() - start) / 1000);
    return decisionWire(decision, engine.render(decision, { requestId, request }));
  };
  const decision = engine.decide(request, { explain });
  return decision instanceof Promise ? decision.then(settle) : settle(decision);
}

function apiRequest(
  { method, url, headers, ip, secure, base: known }: AskedRequestBody,
  policy: Policy,
): ApiRequest {
  const { target, tls, base } = readUrl(url);
  const flat = flatHeaders(headers);
  const isSecure = secure ?? tls;
  return {
    method: method.toUpperCase(),
    target,
    headers: flat,
    address: ip,
    secure: isSecure,
    base: describedAddress(policy, { headers: flat, secure: isSecure }, known ?? base),
  };
}

const ABSOLUTE = /^((https?):\/\/[^/?#]+)([^#]*)/i;

/** Cut out of the text as it stands: a URL parser would tidy what hygiene must see. */
function readUrl(url: string): {
  readonly target: string;
  readonly tls: boolean;
  readonly base: string | undefined;
} {
  if (url.startsWith("/")) return { target: url, tls: true, base: undefined };
  const [, base, scheme, rest = ""] = ABSOLUTE.exec(url) ?? [];
  if (scheme === undefined) {
    throw new ApiError("INVALID_REQUEST", "url must be a path or an absolute http(s) URL.", {
      details: { field: "request.url" },
    });
  }
  return {
    target: rest.startsWith("/") ? rest : `/${rest}`,
    tls: scheme.toLowerCase() === "https",
    base,
  };
}

function flatHeaders(headers: AskedRequestBody["headers"]): string[] {
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") flat.push(name, value);
    else for (const line of value ?? []) flat.push(name, line);
  }
  return flat;
}
