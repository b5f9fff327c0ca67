import { createHmac, hkdfSync } from "node:crypto";
import { type NetworkList, sameSecret } from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AuthorizationServers } from "../../oauth/authorization-servers.ts";
import type { Interaction } from "../../oauth/interactions.ts";
import type { SignIn } from "../../sign-in/sign-in.ts";
import type { Door } from "../app.ts";
import { clientOf } from "../client-address.ts";
import type { Page } from "./page.ts";
import { consentPage, endedPage, signInPage } from "./pages.ts";

/** What the pages between an application and its tokens are made of. */
export interface InteractionParts {
  readonly servers: AuthorizationServers;
  readonly signIn: SignIn;
  /** Slugs of the APIs that have an authorization server. */
  readonly apis: readonly string[];
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  readonly trustedProxies: NetworkList;
}

const LONGEST_FORM = 16 * 1024;
const WRONG = "The e-mail or the password is wrong.";
const FORM = "application/x-www-form-urlencoded";

type Call = FastifyRequest<{ Params: { uid: string }; Body?: unknown }>;

/**
 * `/{api}/interaction/{uid}`: a person signs in and approves, or does not, what an application asks
 * for. The browser that began is known by its cookie, the form by a token that only we can make.
 */
export const interactionDoor =
  (parts: InteractionParts): Door =>
  async (root) => {
    const csrfOf = createCsrf(parts.masterKeys);
    await root.register(async (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser(
        FORM,
        { parseAs: "string", bodyLimit: LONGEST_FORM },
        async (_request: FastifyRequest, body: string) => new URLSearchParams(body),
      );
      const config = { public: "known by the cookie of the browser that began" };
      const schema = { hide: true };
      for (const api of parts.apis) {
        const path = `/${api}/interaction/:uid`;
        app.get<{ Params: { uid: string } }>(path, { config, schema }, async (request, reply) => {
          const interaction = await interactionOf(parts, api, request, reply);
          if (interaction === undefined) return send(reply, endedPage());
          return send(reply, ask(interaction, csrfOf(api, interaction.uid)));
        });
        app.post<{ Params: { uid: string } }>(path, { config, schema }, async (request, reply) => {
          const interaction = await interactionOf(parts, api, request, reply);
          const form = request.body instanceof URLSearchParams ? request.body : undefined;
          if (interaction === undefined || form === undefined) return send(reply, endedPage());
          const csrf = csrfOf(api, interaction.uid);
          if (!sameSecret(form.get("csrf") ?? "", csrf)) return send(reply, endedPage());
          return interaction.prompt === "login"
            ? signInWith(parts, { api, interaction, form, csrf }, request, reply)
            : decideWith(interaction, form, csrf, reply);
        });
      }
    });
  };

async function interactionOf(
  { servers }: InteractionParts,
  api: string,
  { raw, params }: Call,
  reply: FastifyReply,
): Promise<Interaction | undefined> {
  const found = await servers.interaction(api, raw, reply.raw);
  return found?.uid === params.uid ? found : undefined;
}

function ask({ prompt, application, scopes }: Interaction, csrf: string): Page {
  return prompt === "login"
    ? signInPage(application, { csrf })
    : consentPage(application, { csrf, scopes });
}

async function signInWith(
  { signIn, trustedProxies }: InteractionParts,
  asked: { api: string; interaction: Interaction; form: URLSearchParams; csrf: string },
  { raw }: Call,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { api, interaction, form, csrf } = asked;
  const email = form.get("email") ?? "";
  const peer = { address: raw.socket.remoteAddress, encrypted: false };
  const { address } = clientOf(peer, raw.rawHeaders, trustedProxies);
  const password = form.get("password") ?? "";
  const result = await signIn({ api, email, password, address });
  switch (result.outcome) {
    case "signed-in":
      return sendOn(reply, await interaction.finishLogin(result.userId));
    case "refused":
      return send(reply, signInPage(interaction.application, { csrf, email, fault: WRONG }));
    case "wait": {
      const fault = `Too many tries. Wait ${result.seconds} seconds.`;
      const shown = signInPage(interaction.application, { csrf, email, fault });
      reply.header("retry-after", String(result.seconds));
      return send(reply, { ...shown, status: 429 });
    }
  }
}

async function decideWith(
  interaction: Interaction,
  form: URLSearchParams,
  csrf: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const decision = form.get("decision");
  if (decision === "deny") return sendOn(reply, await interaction.finishConsent("denied"));
  if (decision !== "allow") return send(reply, ask(interaction, csrf));
  const asked = new Set(interaction.scopes.map(({ name }) => name));
  const granted = form.getAll("scope").filter((name) => asked.has(name));
  return sendOn(reply, await interaction.finishConsent({ granted }));
}

function send(reply: FastifyReply, { status, headers, body }: Page): FastifyReply {
  for (let i = 0; i < headers.length; i += 2) reply.header(headers[i] as string, headers[i + 1]);
  return reply.code(status).serializer(String).send(body);
}

/** RFC 9700 §4.12: with 303, so that no browser sends the form's password on. */
function sendOn(reply: FastifyReply, url: string): FastifyReply {
  return reply.header("cache-control", "no-store").redirect(url, 303);
}

function createCsrf(masterKeys: readonly Uint8Array[]) {
  const [newest = new Uint8Array()] = masterKeys;
  const key = Buffer.from(hkdfSync("sha256", newest, "", "latchkey interaction csrf", 32));
  return (api: string, uid: string) =>
    createHmac("sha256", key).update(`${api} ${uid}`).digest("base64url");
}
