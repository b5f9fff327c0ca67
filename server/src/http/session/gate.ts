import { ApiError, type Clock } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import { freshUntil } from "../../sign-in/sessions.ts";
import type { Ceiling } from "../../store/ceiling.ts";
import { sessionCookie } from "./cookie.ts";
import type { Csrf } from "./csrf.ts";
import { ceilingOf, type SessionAccess, type Visitor } from "./session-access.ts";

export interface GateParts {
  readonly sessionAccess: SessionAccess;
  readonly csrf: Csrf;
  readonly clock: Clock;
}

/** What a call with a cookie has to pass. */
export interface Gate {
  /** Whether the call comes with a cookie alone: a token is sent on purpose, and counts. */
  isAsked(request: FastifyRequest): boolean;
  /** @throws {ApiError} `UNAUTHORIZED` without a session; `CSRF_TOKEN_INVALID`. */
  visitorOf(request: FastifyRequest): Promise<Visitor>;
  /** @throws {ApiError} `CSRF_TOKEN_INVALID` for a call that another site has made. */
  checkOrigin(request: FastifyRequest): void;
  /** The accounts a customer may do this in. @throws {ApiError} `FORBIDDEN`: in none. */
  ceilingOf(request: FastifyRequest, visitor: Visitor): Ceiling;
  /** @throws {ApiError} `FRESH_PROOF_REQUIRED`. */
  requireFresh(request: FastifyRequest, visitor: Visitor): void;
  /** Adds the account to a customer's body. @throws {ApiError} `FORBIDDEN` for operators' members. */
  settleBody(request: FastifyRequest): void;
}

/** The gate of all routes. */
export function createGate({ sessionAccess, csrf, clock }: GateParts): Gate {
  return {
    isAsked: ({ headers }) =>
      headers.authorization === undefined && sessionCookie(headers.cookie) !== undefined,

    async visitorOf(request) {
      const visitor = await sessionAccess.visitorBy(sessionCookie(request.headers.cookie));
      const isEnough =
        visitor?.session.half === false || request.routeOptions.config.session === "half";
      if (visitor === undefined || !isEnough) {
        throw new ApiError("UNAUTHORIZED", "Sign in, or send an operator token.");
      }
      // Who has only half signed in was given no token yet.
      if (visitor.session.half) csrf.checkOrigin(request);
      else csrf.check(request, visitor.cookie);
      return visitor;
    },

    checkOrigin: csrf.checkOrigin,

    ceilingOf(request, visitor) {
      const { area, session } = request.routeOptions.config;
      const deed = request.method === "GET" || request.method === "HEAD" ? "read" : "write";
      const own = session !== undefined;
      const ceiling = area === undefined ? [] : ceilingOf(visitor, { area, deed, own });
      if (ceiling.length > 0) return ceiling;
      throw new ApiError("FORBIDDEN", "Your session does not allow this.");
    },

    requireFresh(request, { session }) {
      const { fresh } = request.routeOptions.config;
      if (fresh === undefined) return;
      // Whoever opened a portal link has nothing to prove themselves with: the link is the proof.
      if (fresh === "secret" && session.kind === "portal") return;
      if ((freshUntil(session) ?? 0) > clock()) return;
      throw new ApiError("FRESH_PROOF_REQUIRED", "Prove who you are: POST /v1/session/proof.");
    },

    settleBody({ ceiling, body, routeOptions: { config, schema } }) {
      const [account] = ceiling ?? [];
      if (account === undefined || !isObject(body)) return;
      for (const field of config.operatorsOnly ?? []) {
        if (body[field] === undefined) continue;
        throw new ApiError("FORBIDDEN", `${field} is for operators to set.`, {
          details: { field },
        });
      }
      if (isObject(schema?.body) && isObject(schema.body.properties)) {
        if (Object.hasOwn(schema.body.properties, "accountId")) body.accountId ??= account;
      }
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
