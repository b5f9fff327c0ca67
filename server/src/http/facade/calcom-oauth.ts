import {
  API_ERRORS,
  type ApiRequest,
  asksCalcomToken,
  CALCOM_TOKEN_ENDPOINT,
  type CalcomFault,
  headerCount,
  readStrictObject,
} from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import { invalidRequest, TokenFault } from "../../oauth/calcom-token-fault.ts";
import type { ApplicationRecord } from "../../store/application-record.ts";
import type { App } from "../app.ts";
import { toApiError } from "../errors.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { createSendFault } from "./calcom-callers.ts";
import { type FacadeParts, ifMissing, OWN_ENDPOINT } from "./profile-facade.ts";
import { checkBodies } from "./request-bodies.ts";

const CLIENT = "/v2/auth/oauth2/clients/:clientId";
const PROOFS = ["authorization", "x-cal-client-id", "x-cal-secret-key"];
const FORM = "application/x-www-form-urlencoded";
/** Codes and tokens have a hundred characters. */
const LONGEST_FORM = 56 * 1024;

const UNKNOWN_CLIENT: CalcomFault = {
  status: 404,
  code: "HttpException",
  message: "unauthorized_client",
  details: "text",
};

/** The newer OAuth flow, but for the authorization itself: trading codes, and who a client is. */
export function addOAuth2(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const { policy } = api.engine.policy;
  if (policy.oauth === null) return;
  app.register(async (own: App) => {
    own.addContentTypeParser(
      FORM,
      { parseAs: "string", bodyLimit: LONGEST_FORM },
      async (_request: FastifyRequest, body: string) => readForm(body),
    );
    checkBodies(own, refuseTwice);
    own.setErrorHandler((fault, request, reply) => sendTokenFault(fault, request, reply, api));
    own.post(CALCOM_TOKEN_ENDPOINT, OWN_ENDPOINT, async (request, reply) => {
      if (headerCount(request.raw.rawHeaders, "authorization") > 1) {
        throw invalidRequest("send Authorization once");
      }
      const pair = await parts.calcomTokens.issue(policy, {
        body: request.body ?? undefined,
        authorization: request.headers.authorization,
        requestId: request.id,
        address: request.clientAddress,
      });
      return unstored(reply).code(200).send(pair);
    });
  });

  const sendFault = createSendFault(api, parts);
  app.get<{ Params: { clientId: string } }>(CLIENT, OWN_ENDPOINT, async (request, reply) => {
    const { clientId } = request.params;
    const client = await parts.applications.find(api.slug, { id: clientId }).catch(ifMissing);
    if (client === undefined || !isOpen(client)) return sendFault(request, reply, UNKNOWN_CLIENT);
    return reply.send({ status: "success", data: clientWire(client) });
  });
}

/** What proves a caller of the API proves nothing to the token endpoint, where Basic is a client's. */
export function withoutClientProof(request: ApiRequest): ApiRequest {
  if (!asksCalcomToken(request)) return request;
  const { headers } = request;
  const kept = headers.filter(
    (_, i) => !PROOFS.includes(headers[i - (i % 2)]?.toLowerCase() ?? ""),
  );
  return { ...request, headers: kept };
}

/** RFC 6749 §3.2: a parameter that comes twice is no text any more, and refused as such. */
function readForm(text: string): unknown {
  const form = new URLSearchParams(text);
  const names = new Set(form.keys());
  if (names.size === 0) return undefined;
  return Object.fromEntries(
    [...names].map((name) => {
      const values = form.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

/** The same in JSON, of which this reader and another may see another one. */
function refuseTwice(text: string): void {
  const isObject = /^\s*\{/.test(text);
  if (isObject && readStrictObject(text) === undefined) {
    throw invalidRequest("Body must be well formed and say nothing twice");
  }
}

function sendTokenFault(
  fault: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { slug }: ProtectedApi,
): FastifyReply {
  unstored(reply);
  if (fault instanceof TokenFault) {
    const { status, error, message } = fault;
    if (status === 401) reply.header("www-authenticate", `Basic realm="${slug}"`);
    if (message === "pkce_verification_failed") {
      request.log.warn({ requestId: request.id }, "a wrong verifier: the code is spent");
    }
    return reply.code(status).send({ error, error_description: message });
  }
  const known = toApiError(fault, request);
  const { status } = API_ERRORS[known.code];
  if (status < 500) {
    return reply.code(status).send({ error: "invalid_request", error_description: known.message });
  }
  request.log.error({ requestId: request.id, err: known.cause ?? fault }, known.message);
  const error = status === 503 ? "temporarily_unavailable" : "server_error";
  return reply.code(status).send({ error, error_description: known.message });
}

/** RFC 6749 §5.1. */
function unstored(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", "no-store").header("pragma", "no-cache");
}

function isOpen({ kind, status, revokedAt }: ApplicationRecord): boolean {
  return kind === "oauth" && status !== "rejected" && revokedAt === null;
}

function clientWire({ id, name, logo, redirectUris, type }: ApplicationRecord) {
  return {
    client_id: id,
    redirect_uri: redirectUris[0],
    redirect_uris: redirectUris,
    name,
    logo,
    // Every client asks its users.
    is_trusted: false,
    client_type: type.toUpperCase(),
  };
}
