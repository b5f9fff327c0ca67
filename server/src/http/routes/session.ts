import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ApiError } from "@latchkey/engine";
import { Type } from "typebox";
import { personOf } from "../../sign-in/sessions.ts";
import { Body, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import {
  CodeBody,
  PasskeyBody,
  PasskeyOptions,
  PasskeyOptionsBody,
  Session,
  SignInBody,
  SignInStep,
} from "../schemas/session.ts";
import { sessionCookie } from "../session/cookie.ts";
import {
  createSignInSteps,
  refused,
  requirePerson,
  requireRight,
  type SessionRouteParts,
  takeCookie,
  visitorOf,
  whenceOf,
} from "../session/sign-in-steps.ts";

const tags = ["session"];
const beforeSignIn = { public: "It is how one signs in.", beforeSignIn: true } as const;

/** `/v1/session`: who is signed in with this browser, signing in by steps, and signing out. */
export const sessionRoutes =
  (parts: SessionRouteParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { sessions, signIn, secondFactors, passkeys } = parts;
    const steps = createSignInSteps(parts);

    app.get("/v1/session", {
      config: { session: "whole" },
      schema: {
        tags,
        operationId: "getSession",
        summary: "Read who is signed in with this browser",
        response: { 200: Ref(Session, "The session."), ...readRefusals() },
      },
      handler: (request) => steps.sessionOf(visitorOf(request)),
    });

    app.post("/v1/session", {
      config: beforeSignIn,
      schema: {
        tags,
        operationId: "signIn",
        summary: "Sign in with e-mail and password",
        body: SignInBody,
        response: { 200: Ref(SignInStep, "What comes next."), ...writeRefusals(429) },
      },
      handler: async (request, reply) => {
        const { email, password, api = null } = request.body;
        const attempt = { api, email, password, ...whenceOf(parts, request) };
        const { person, signedOutAt } = requireRight(await signIn(attempt));
        const browser = await steps.browserOf(request);
        return steps.afterPassword({ person, browser, reply, signedOutAt });
      },
    });

    app.post("/v1/session/code", {
      config: { session: "half" },
      schema: {
        tags,
        operationId: "signInWithCode",
        summary: "Go on signing in with a code of the app, or a recovery code",
        body: CodeBody,
        response: { 200: Ref(SignInStep, "What comes next."), ...writeRefusals(409, 429) },
      },
      handler: async (request, reply) => {
        const { session, signedOutAt } = visitorOf(request);
        if (!session.half) {
          throw new ApiError("CONFLICT", "You are signed in already.");
        }
        const person = requirePerson(request);
        const { code } = request.body;
        const tried = await secondFactors.checkCode(person, code, whenceOf(parts, request));
        const { method } = requireRight(tried);
        const browser = await steps.browserOf(request);
        return steps.finish({ person, browser, reply, signedOutAt }, ["password", method]);
      },
    });

    app.post("/v1/session/passkey-options", {
      config: beforeSignIn,
      schema: {
        tags,
        operationId: "getPasskeyOptions",
        summary: "Ask for the options with which a browser finds a passkey",
        body: Type.Optional(PasskeyOptionsBody),
        response: { 200: Ref(PasskeyOptions, "For the browser."), ...writeRefusals() },
      },
      handler: async (request) => {
        const { api, binding } = await askerOf(request.headers.cookie, request.body?.api);
        return { options: await passkeys.authenticationOptions(api, binding) };
      },
    });

    app.post("/v1/session/passkey", {
      config: beforeSignIn,
      schema: {
        tags,
        operationId: "signInWithPasskey",
        summary: "Sign in with a passkey, or go on after the password",
        body: PasskeyBody,
        response: { 200: Ref(SignInStep, "What comes next."), ...writeRefusals(429) },
      },
      handler: async (request, reply) => {
        const { response, api: named } = request.body;
        const { api, binding } = await askerOf(request.headers.cookie, named);
        const whence = whenceOf(parts, request);
        const tried = await passkeys.authenticate(api, response, whence, binding);
        const { person } = requireRight(tried);
        const browser = await steps.browserOf(request);
        // After one person's password, no other's passkey.
        const { replaces } = browser;
        if (replaces?.half === true && replaces.personId !== person.id) throw refused();
        return steps.finish({ person, browser, reply }, ["passkey"]);
      },
    });

    app.delete("/v1/session", {
      config: { session: "half" },
      schema: {
        tags,
        operationId: "signOut",
        summary: "Sign out",
        body: Type.Optional(Body({})),
        response: { 204: Type.Null({ description: "Signed out." }), ...writeRefusals() },
      },
      handler: async (request, reply) => {
        await sessions.end(visitorOf(request).session, whenceOf(parts, request));
        return takeCookie(reply).code(204).send(null);
      },
    });

    /**
     * The API as the body has it, else as the session has it, which may be half; else operators'.
     * What a session asked for is answered in that session only.
     */
    async function askerOf(cookieHeader: string | undefined, named: string | undefined) {
      const cookie = sessionCookie(cookieHeader);
      const session = cookie === undefined ? undefined : await sessions.byCookie(cookie);
      const api = named ?? (session && personOf(session)?.api) ?? null;
      return { api, binding: session?.id };
    }
  };
