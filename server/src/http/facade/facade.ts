import { randomUUID } from "node:crypto";
import { API_ERRORS, type ApiRequest, type Deny, parseNetworks } from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Door } from "../app.ts";
import { clientOf } from "../client-address.ts";
import { toApiError } from "../errors.ts";
import { isPreflight } from "../preflight.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { answerPreflight, CORS_HEADERS } from "./cors.ts";
import { allowedOf, type FacadeParts, type ProfileFacade } from "./profile-facade.ts";
import { standardFacade } from "./standard.ts";

const LOOPBACK = parseNetworks(["127.0.0.0/8", "::1"]);

const FACADES: Readonly<Record<string, ProfileFacade>> = { standard: standardFacade };

/**
 * What the API's clients see at `/{slug}`: every request is decided by the policy before anything
 * of it is routed or read, and a refusal is exactly what the profile says.
 */
export const facadeDoor =
  (api: ProtectedApi, parts: FacadeParts): Door =>
  async (root) => {
    await root.register(
      async (app) => {
        app.decorateRequest("allowed", null);
        app.decorateRequest("clientAddress", undefined);
        app.addHook("onRequest", async (request, reply) => {
          // Not the client's, where the document says so.
          if (api.engine.policy.policy.requestIds === "make") request.id = randomUUID();
          if (isPreflight(request.method, request.raw.rawHeaders)) {
            return answerPreflight(request, reply);
          }
          return decideRequest(request, reply, api, parts);
        });
        app.setErrorHandler((fault, request, reply) => sendFacadeError(fault, request, reply));
        FACADES[api.engine.policy.policy.renderer]?.(app, api, parts);
        const config = { public: "decided by the API's own policy" };
        const handler = parts.echo ? echo : notFound(api);
        app.all("/", { config, handler, schema: { hide: true } });
        app.all("/*", { config, handler, schema: { hide: true } });
      },
      { prefix: `/${api.slug}` },
    );
  };

async function decideRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  { slug, engine }: ProtectedApi,
  parts: FacadeParts,
): Promise<FastifyReply | undefined> {
  const asked = askedRequest(request, slug, parts);
  const start = parts.monotonic();
  const decision = await engine.decide(asked);
  parts.record(slug, decision, asked, request.id, (parts.monotonic() - start) / 1000);
  const { status, headers, body } = engine.render(decision, request.id);
  setHeaders(reply, CORS_HEADERS);
  setHeaders(reply, headers);
  if (decision.outcome === "deny") return reply.code(status).send(body ?? "");
  request.allowed = decision;
  request.clientAddress = asked.address;
  return undefined;
}

function askedRequest(
  { raw }: FastifyRequest,
  slug: string,
  { trustedProxies, plainLoopback }: FacadeParts,
): ApiRequest {
  const peer = { address: raw.socket.remoteAddress, encrypted: false };
  const client = clientOf(peer, raw.rawHeaders, trustedProxies);
  const { address } = client;
  const secure =
    client.secure || (plainLoopback && address !== undefined && LOOPBACK.contains(address));
  const target = targetBelow(`/${slug}`, raw.url ?? "");
  return { method: raw.method ?? "GET", target, headers: raw.rawHeaders, address, secure };
}

/** What follows the mount, as sent. A mount in another spelling is no path that we understand. */
function targetBelow(mount: string, url: string): string {
  if (!url.startsWith(mount)) return "";
  const below = url.slice(mount.length);
  return below.startsWith("/") ? below : `/${below}`;
}

function setHeaders(reply: FastifyReply, flat: readonly string[]): void {
  for (let i = 0; i < flat.length; i += 2) reply.header(flat[i] as string, flat[i + 1]);
}

async function echo(request: FastifyRequest): Promise<object> {
  const { principal, requirement } = allowedOf(request);
  const { match, anonymous, scopes, owner } = requirement;
  return { latchkey: "echo", principal, requirement: { match, anonymous, scopes, owner } };
}

function notFound({ engine }: ProtectedApi) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { requirement, apiVersion } = allowedOf(request);
    const deny: Deny = {
      outcome: "deny",
      reason: "endpoint_unknown",
      principal: undefined,
      requirement,
      limit: undefined,
      retryAfterSeconds: undefined,
      apiVersion,
      trace: undefined,
    };
    const { status, headers, body } = engine.render(deny, request.id);
    setHeaders(reply, headers);
    return reply.code(status).send(body ?? "");
  };
}

/** Faults of the facade's own endpoints, in the document's shape and snake case. */
function sendFacadeError(
  fault: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { code, message: ours, details: named, cause } = toApiError(fault);
  const message = inTheirSpelling(ours, named);
  const details = named && { ...named, field: inTheirSpelling(named.field, named) };
  const { status } = API_ERRORS[code];
  if (status >= 500) request.log.error({ requestId: request.id, err: cause ?? fault }, message);
  return reply
    .code(status)
    .header("content-type", "application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send({ error: { code, message, request_id: request.id, details } });
}

/** The name of a member in the document's snake case, where our own words have it in camel case. */
function inTheirSpelling(text: unknown, details: { readonly field?: unknown } | undefined): string {
  const field = String(details?.field ?? "");
  const theirs = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return field === "" ? String(text) : String(text).replaceAll(field, theirs);
}
