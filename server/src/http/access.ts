import { ApiError } from "@latchkey/engine";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Area } from "../store/capabilities.ts";
import type { Ceiling } from "../store/ceiling.ts";
import type { Operator, Operators } from "./operators.ts";
import { may, type Permission } from "./permissions.ts";
import { createGate, type GateParts } from "./session/gate.ts";
import type { Visitor } from "./session/session-access.ts";

/**
 * One rule for who may call what, before any body is read. For operators the route's `requires`
 * names the permission, for customers its `area` what their session must be able to do; `session`
 * says that it is about the session itself, and `public` why anyone may call. A route with none of
 * them answers nobody.
 */
export function guardRoutes(
  app: FastifyInstance,
  parts: GateParts & { readonly operators: Operators; readonly apis: ReadonlySet<string> },
): void {
  const { operators, apis } = parts;
  const gate = createGate(parts);
  app.decorateRequest("operator", null);
  app.decorateRequest("visitor", null);
  app.decorateRequest("ceiling", undefined);
  app.addHook("onRequest", (request, _reply, done) => {
    const { config } = request.routeOptions;
    // 404s and 405s have no route: what exists is no secret, it is in openapi.json.
    if (request.is404 || config.public !== undefined) {
      if (config.beforeSignIn === true) gate.checkOrigin(request);
      done();
      return;
    }
    letIn(request, done);
  });
  // Rights may have ended while the sender held the body back.
  app.addHook("preValidation", (request, _reply, done) => {
    const isAsked = request.operator !== null || request.visitor !== null;
    if (isAsked && request.body !== undefined) letIn(request, done);
    else done();
  });
  app.addHook("preValidation", (request, _reply, done) => {
    gate.settleBody(request);
    done();
  });

  function letIn(request: FastifyRequest, done: (fault?: Error) => void): void {
    if (request.routeOptions.config.session === undefined && !gate.isAsked(request)) {
      request.operator = tokenHolder(request);
      admit(request, request.operator);
      done();
      return;
    }
    enter(request).then(() => done(), done);
  }

  function tokenHolder(request: FastifyRequest): Operator {
    const operator = operators.byHeaders(request.raw.rawHeaders);
    if (operator !== undefined) return operator;
    const hasSent = /^bearer ./i.test(request.headers.authorization ?? "");
    throw new ApiError(
      "UNAUTHORIZED",
      hasSent
        ? "No operator has the token that was sent: it is mistyped, revoked or another server's."
        : "Send an operator token: Authorization: Bearer <token>.",
    );
  }

  async function enter(request: FastifyRequest): Promise<void> {
    const visitor = await gate.visitorOf(request);
    const { session, area } = request.routeOptions.config;
    request.visitor = visitor;
    if (session === undefined) welcome(request, visitor);
    // About the session itself, and a portal's may be too narrow for that.
    else if (area !== undefined && visitor.role === null) gate.ceilingOf(request, visitor);
    gate.requireFresh(request, visitor);
  }

  /** Lets somebody with a session in: an operator by role, a customer by area and accounts. */
  function welcome(request: FastifyRequest, visitor: Visitor): void {
    const { session, role, apis: seen } = visitor;
    if (role !== null) {
      request.operator = { id: session.personId ?? session.id, role, apis: seen };
      admit(request, request.operator);
      return;
    }
    checkApi(request, new Set([session.api]));
    request.ceiling = gate.ceilingOf(request, visitor);
  }

  function admit(request: FastifyRequest, operator: Operator): void {
    checkApi(request, operator.apis);
    const { requires } = request.routeOptions.config;
    if (requires !== undefined && may(operator.role, requires)) return;
    throw new ApiError("FORBIDDEN", `The role ${operator.role} may not do this.`);
  }

  /** An API that a caller may not see answers exactly as one that does not exist. */
  function checkApi({ params }: FastifyRequest, seen: ReadonlySet<string> | null): void {
    const { api } = params as { readonly api?: string };
    if (api === undefined || (apis.has(api) && (seen === null || seen.has(api)))) return;
    throw new ApiError("NOT_FOUND", "There is no such API.");
  }
}

/** The operator of a route that `requires` something and has no `area`; a bug elsewhere. */
export function operatorOf({ operator }: FastifyRequest): Operator {
  if (operator === null)
    throw new Error("a route that customers or anybody may call asked for one");
  return operator;
}

/** What is about every API is for nobody who sees some of them only. @throws {ApiError} `FORBIDDEN`. */
export function requireWholeReach(request: FastifyRequest): void {
  if (operatorOf(request).apis === null) return;
  throw new ApiError("FORBIDDEN", "Only an owner of every API may do this.");
}

/** The APIs that whoever asks may see; `null`: every one. */
export function seenApis({ operator, visitor }: FastifyRequest): ReadonlySet<string> | null {
  if (operator !== null) return operator.apis;
  if (visitor === null) throw new Error("a public route asked who is calling");
  return new Set([visitor.session.api]);
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** The permission that the operator's role must have. */
    requires?: Permission;
    /** What customers' sessions may call it with; without it, they may not. */
    area?: Area | "any";
    /** Members of the body that customers must leave to operators. */
    operatorsOnly?: readonly string[];
    /** It issues or shows a `secret`, or changes `factors`: a session has just been proved. */
    fresh?: "secret" | "factors";
    /** It is about the session itself, which is whole, or (`half`) may miss a factor yet. */
    session?: "whole" | "half";
    /** Why no operator token is needed. */
    public?: string;
    /** It is public because one signs in by it: other sites may not send people here. */
    beforeSignIn?: true;
    /** Answers in the name of an API: its document, not ours, says which headers there are. */
    door?: boolean;
    /** Logged only when it fails: one line for each decision would cost more than the decision. */
    quiet?: boolean;
  }
  interface FastifyRequest {
    /** `null` on public routes and for customers. */
    operator: Operator | null;
    /** Who came with a cookie; `null`: nobody asked for it, or a token was sent. */
    visitor: Visitor | null;
    /** The accounts that a customer reaches with this call. */
    ceiling: Ceiling;
  }
}
