import { ApiError, type Clock } from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Static } from "typebox";
import type {
  Factors,
  Links,
  Passkeys,
  Passwords,
  People,
  Person,
  SecondFactors,
  Tried,
} from "../../sign-in/people.ts";
import {
  type BrowserFacts,
  type OpenedSession,
  personOf,
  type Sessions,
} from "../../sign-in/sessions.ts";
import type { SignIn } from "../../sign-in/sign-in.ts";
import { type Session, type SignInStep, toSession } from "../schemas/session.ts";
import { ENDED_COOKIE, keptCookie, sessionCookie } from "./cookie.ts";
import type { Csrf } from "./csrf.ts";
import type { SessionAccess, Visitor } from "./session-access.ts";

/** What the routes of sessions work with. */
export interface SessionRouteParts {
  readonly sessions: Sessions;
  readonly sessionAccess: SessionAccess;
  readonly csrf: Csrf;
  readonly signIn: SignIn;
  readonly people: People;
  readonly secondFactors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly passwords: Passwords;
  readonly links: Links;
  readonly clock: Clock;
  readonly addressOf: (request: FastifyRequest) => string | undefined;
}

/** Somebody of whom something was proved, and the browser that is to know. */
interface Step {
  readonly person: Person;
  readonly browser: BrowserFacts;
  readonly reply: FastifyReply;
  /** The person's when their password was looked at; absent: none was, or it was just set. */
  readonly signedOutAt?: number | null;
}

/** The steps of signing in, which several routes share. */
export interface SignInSteps {
  browserOf(request: FastifyRequest): Promise<BrowserFacts>;
  /** A password was right, or just set by a link: who has an app is asked for its code. */
  afterPassword(step: Step): Promise<Static<typeof SignInStep>>;
  /** Gives the browser a new session, and it is signed in. */
  finish(
    step: Step,
    methods: Parameters<People["noteSignIn"]>[1],
  ): Promise<Static<typeof SignInStep>>;
  /** The same with a session that is open. @throws {ApiError} `SIGN_IN_REFUSED`: it reaches nothing. */
  welcome(opened: OpenedSession, reply: FastifyReply): Promise<Static<typeof SignInStep>>;
  sessionOf(visitor: Visitor): Promise<Static<typeof Session>>;
}

/** The steps with these parts. */
export function createSignInSteps(parts: SessionRouteParts): SignInSteps {
  const { sessions, sessionAccess, csrf, secondFactors, clock, addressOf } = parts;

  async function sessionOf(visitor: Visitor): Promise<Static<typeof Session>> {
    const person = personOf(visitor.session);
    const factors = person === undefined ? null : await secondFactors.of(person);
    return toSession(visitor, { csrfToken: csrf.tokenOf(visitor.cookie), factors });
  }

  const welcome: SignInSteps["welcome"] = async ({ session, cookie }, reply) => {
    const visitor = await sessionAccess.visitorBy(cookie);
    if (visitor === undefined) {
      await sessions.end(session, { address: session.address, requestId: null });
      throw refused();
    }
    giveCookie(reply, { session, cookie }, clock());
    return { next: "done", session: await sessionOf(visitor) };
  };

  const finish: SignInSteps["finish"] = async (step, methods) => {
    const { person, browser, reply, signedOutAt } = step;
    const done = await welcome(await sessions.open(person, browser, { signedOutAt }), reply);
    const { address, requestId } = browser;
    await parts.people.noteSignIn(person, methods, { address, requestId });
    return done;
  };

  return {
    async browserOf(request) {
      const cookie = sessionCookie(request.headers.cookie);
      return {
        address: addressOf(request) ?? null,
        userAgent: request.headers["user-agent"] ?? "",
        requestId: request.id,
        replaces: cookie === undefined ? undefined : await sessions.byCookie(cookie),
      };
    },

    async afterPassword(step) {
      const { person, browser, reply, signedOutAt } = step;
      const factors = await secondFactors.of(person);
      if (!factors.totp) return finish(step, ["password"]);
      const opened = await sessions.open(person, browser, { half: true, signedOutAt });
      giveCookie(reply, opened, clock());
      return { next: "code", methods: methodsOf(factors) };
    },

    finish,
    welcome,
    sessionOf,
  };
}

/** What was tried, if it was right. @throws {ApiError} `SIGN_IN_REFUSED`, `TRY_LATER`. */
export function requireRight<Right>(tried: Tried<Right>): Right {
  switch (tried.outcome) {
    case "right":
      return tried;
    case "refused":
      throw refused();
    case "wait": {
      const { seconds: retryAfterSeconds } = tried;
      const message = `Too many tries failed. Wait ${retryAfterSeconds} seconds.`;
      throw new ApiError("TRY_LATER", message, { details: { retryAfterSeconds } });
    }
  }
}

/** Where a call came from, as the trail of sign-ins wants it. */
export function whenceOf({ addressOf }: SessionRouteParts, request: FastifyRequest) {
  return { address: addressOf(request) ?? null, requestId: request.id };
}

/** Who asks with a session; a bug on routes without one. */
export function visitorOf({ visitor }: FastifyRequest): Visitor {
  if (visitor === null) throw new Error("a route without a session asked whose it is");
  return visitor;
}

/** The person of the session. @throws {ApiError} `FORBIDDEN`: the portal link named nobody. */
export function requirePerson(request: FastifyRequest): Person {
  const person = personOf(visitorOf(request).session);
  if (person !== undefined) return person;
  throw new ApiError("FORBIDDEN", "This session is nobody's by name: the link named no user.");
}

/** Takes the cookie away. */
export function takeCookie(reply: FastifyReply): FastifyReply {
  return reply.header("set-cookie", ENDED_COOKIE);
}

/** Signing in failed, and why is not said. */
export function refused(): ApiError {
  return new ApiError("SIGN_IN_REFUSED", "That was not right. Try again.");
}

function giveCookie(reply: FastifyReply, { session, cookie }: OpenedSession, now: number): void {
  reply.header("set-cookie", keptCookie(cookie, (session.expiresAt - now) / 1000));
}

function methodsOf({ recoveryCodesLeft, passkeys }: Factors) {
  return [
    "totp" as const,
    ...(recoveryCodesLeft > 0 ? (["recovery-code"] as const) : []),
    ...(passkeys > 0 ? (["passkey"] as const) : []),
  ];
}
