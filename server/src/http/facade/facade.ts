import {
  type Allow,
  API_ERRORS,
  ApiError,
  corsHeaders,
  type Deny,
  preflightAnswer,
  type Reason,
  type Rendered,
} from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Door } from "../app.ts";
import { toApiError } from "../errors.ts";
import { identify } from "../identify.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { askedRequest } from "./asked-request.ts";
import { FACADES } from "./index.ts";
import { allowedOf, type FacadeParts, OWN_ENDPOINT, type ProfileFacade } from "./profile-facade.ts";
import { acceptCodedBodies, leaveBodies } from "./request-bodies.ts";

/**
 * What the API's clients see at `/{slug}`: every request is decided by the policy before anything
 * of it is routed or read, and whatever is refused is refused as the profile says.
 */
export const facadeDoor =
  (api: ProtectedApi, parts: FacadeParts): Door =>
  async (root) => {
    const { policy } = api.engine.policy;
    const facade = FACADES[policy.renderer];
    if (facade === undefined) throw new Error(`no facade "${policy.renderer}"`);
    const answerFault = faultHandler(facade, api, parts);
    root.mounts.set(api.slug, (fault, request, reply) => {
      identify(policy, request, reply);
      decideRequest(request, reply, { api, facade, parts }).then(
        // Most have a path that the policy refuses too.
        () => reply.sent || answerFault(fault, request, reply),
        (reason: unknown) => answerFault(reason, request, reply),
      );
    });
    await root.register(
      async (app) => {
        app.decorateRequest("allowed", null);
        app.decorateRequest("clientAddress", undefined);
        app.addHook("onRequest", async (request, reply) => {
          identify(policy, request, reply);
          const preflight = preflightAnswer({
            method: request.method,
            headers: request.raw.rawHeaders,
          });
          if (preflight !== undefined) return sendRendered(reply, preflight);
          return decideRequest(request, reply, { api, facade, parts });
        });
        app.setErrorHandler(answerFault);
        // Reached by methods that no route takes; what they are told is told in the same shape.
        app.setNotFoundHandler((request, reply) =>
          answerFault(new ApiError("NOT_FOUND", "There is nothing at this path."), request, reply),
        );
        await app.register(async (own) => {
          acceptCodedBodies(own);
          facade.routes(own, api, parts);
        });
        await app.register(async (others) => {
          leaveBodies(others);
          const handler = parts.echo ? echo : notFound(api, parts);
          others.all("/", { ...OWN_ENDPOINT, handler });
          others.all("/*", { ...OWN_ENDPOINT, handler });
        });
      },
      { prefix: `/${api.slug}` },
    );
  };

async function decideRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  { api, facade, parts }: { api: ProtectedApi; facade: ProfileFacade; parts: FacadeParts },
): Promise<FastifyReply | undefined> {
  const { slug, engine } = api;
  const sent = askedRequest(request, api, parts);
  const asked = facade.asDecided?.(sent) ?? sent;
  const start = parts.monotonic();
  const decision = await engine.decide(asked);
  parts.record(slug, decision, asked, request.id, (parts.monotonic() - start) / 1000);
  const rendered = engine.render(decision, { requestId: request.id, request: asked });
  setHeaders(reply, corsHeaders(rendered.headers));
  if (decision.outcome === "deny") return sendRendered(reply, rendered);
  setHeaders(reply, rendered.headers);
  request.allowed = decision;
  request.clientAddress = asked.address;
  return undefined;
}

async function echo(request: FastifyRequest): Promise<object> {
  const { principal, requirement } = allowedOf(request);
  const { match, anonymous, scopes, owner, accepts, context, account, family } = requirement;
  const asked = { match, anonymous, scopes, owner, accepts, context, account, family };
  return { latchkey: "echo", principal, requirement: asked };
}

function notFound(api: ProtectedApi, parts: FacadeParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    sendRendered(reply, refusal("endpoint_unknown", request, api, parts));
}

/** Answers what went wrong behind the decision in the profile's shape. */
function faultHandler(facade: ProfileFacade, api: ProtectedApi, parts: FacadeParts) {
  return (fault: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toApiError(fault, request);
    // Some faults come before the decision.
    if (request.allowed == null) setHeaders(reply, corsHeaders([]));
    const { status } = API_ERRORS[error.code];
    if (status >= 500) {
      const err = error.cause ?? fault;
      request.log.error({ requestId: request.id, err }, error.message);
    }
    // The credential was revoked after it had been let in: it looks as if it had been before.
    if (error.code === "UNAUTHORIZED") {
      return sendRendered(reply, refusal("credential_revoked", request, api, parts));
    }
    if (status === 503) reply.header("retry-after", "1");
    const answer = facade.errorAnswer(error, {
      policy: api.engine.policy.policy,
      requestId: request.id,
      request: askedRequest(request, api, parts),
      at: parts.clock(),
    });
    return sendRendered(reply, answer);
  };
}

/** A refusal of what was allowed, as the profile says it. */
function refusal(
  reason: Reason,
  request: FastifyRequest,
  api: ProtectedApi,
  parts: FacadeParts,
): Rendered {
  const allow: Allow = allowedOf(request);
  const deny: Deny = {
    outcome: "deny",
    at: allow.at,
    reason,
    scheme: allow.principal.scheme,
    principal: allow.principal,
    requirement: allow.requirement,
    rotation: allow.rotation,
    limit: allow.limit,
    retryAfterSeconds: undefined,
    apiVersion: allow.apiVersion,
    trace: undefined,
  };
  const asked = askedRequest(request, api, parts);
  return api.engine.render(deny, { requestId: request.id, request: asked });
}

function sendRendered(
  reply: FastifyReply,
  { status, headers, body }: Pick<Rendered, "status" | "headers" | "body">,
): FastifyReply {
  setHeaders(reply, headers);
  return reply.code(status).send(body ?? "");
}

function setHeaders(reply: FastifyReply, flat: readonly string[]): void {
  for (let i = 0; i < flat.length; i += 2) reply.header(flat[i] as string, flat[i + 1]);
}
