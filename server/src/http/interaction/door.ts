import { createHmac, hkdfSync } from "node:crypto";
import {
  type Branding,
  clientOf,
  type Policy,
  sameSecret,
  type TrustedPeers,
} from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AuthorizationServers } from "../../oauth/authorization-servers.ts";
import type { Interaction } from "../../oauth/interactions.ts";
import { type Page, sentPage } from "../../oauth/page.ts";
import type { Whence } from "../../sign-in/people.ts";
import type { Door } from "../app.ts";
import { identify } from "../identify.ts";
import { consentPage, endedPage } from "./consent-pages.ts";
import { refusedHandOffPage } from "./sign-in-pages.ts";
import { askSignIn, type SignInParts, type Step, signInStep } from "./sign-in-steps.ts";

/** What the pages between an application and its tokens are made of. */
export interface InteractionParts extends Omit<SignInParts, "signInUrls"> {
  readonly servers: AuthorizationServers;
  /** Of all APIs; one without an authorization server has no such pages. */
  readonly policies: readonly Policy[];
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  readonly trustedProxies: TrustedPeers;
}

const LONGEST_FORM = 16 * 1024;
const FORM = "application/x-www-form-urlencoded";

interface Route {
  Params: { uid: string };
  Querystring: { forgotten?: unknown; handed?: unknown };
}

type Call = FastifyRequest<Route>;

type DoorParts = InteractionParts &
  SignInParts & {
    /** What the browser is sent on with whose form was a hand-off. */
    readonly handed: Tokens;
  };

/**
 * `/{api}/interaction/{uid}`: a person signs in and approves, or does not, what an application asks
 * for. The browser that began is known by its cookie, the form by a token that only we can make.
 */
export const interactionDoor =
  (given: InteractionParts): Door =>
  async (root) => {
    const tokens = createTokens(given.masterKeys, "latchkey interaction csrf");
    const handed = createTokens(given.masterKeys, "latchkey interaction hand-off");
    const policies = given.policies.filter(({ oauth }) => oauth !== null);
    const parts = { ...given, handed, signInUrls: signInUrlsOf(policies) };
    await root.register(async (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser(
        FORM,
        { parseAs: "string", bodyLimit: LONGEST_FORM },
        async (_request: FastifyRequest, body: string) => new URLSearchParams(body),
      );
      const config = { public: "known by the cookie of the browser that began" };
      const schema = { hide: true };
      for (const policy of policies) {
        const { slug: api, branding } = policy;
        const path = `/${api}/interaction/:uid`;
        const onRequest = async (request: FastifyRequest, reply: FastifyReply) =>
          identify(policy, request, reply);
        app.get<Route>(path, { config, schema, onRequest }, async (request, reply) => {
          const asked = await askedOf(parts, api, request, reply);
          if (asked === undefined) return send(reply, endedPage(), branding);
          if (asked.onward !== undefined) return send(reply, new URL(asked.onward), branding);
          const csrf = tokens.of(`${api} ${asked.uid}`);
          return send(
            reply,
            asked.prompt === "login"
              ? await askSignIn(parts, {
                  ...stepOf(parts, api, request),
                  interaction: asked,
                  csrf,
                })
              : consentPage(asked.application, { csrf, scopes: asked.scopes }),
            branding,
          );
        });
        app.post<Route>(path, { config, schema, onRequest }, async (request, reply) => {
          const form = request.body instanceof URLSearchParams ? request.body : undefined;
          const token = form?.get("handoff") ?? null;
          if (token !== null)
            return send(reply, await takeHandOff(parts, api, request, token), branding);
          const asked = await askedOf(parts, api, request, reply);
          if (asked === undefined || form === undefined) return send(reply, endedPage(), branding);
          const csrf = tokens.of(`${api} ${asked.uid}`);
          if (!tokens.isOf(form.get("csrf") ?? "", `${api} ${asked.uid}`))
            return send(reply, endedPage(), branding);
          if (asked.onward !== undefined) return send(reply, new URL(asked.onward), branding);
          const step = { ...stepOf(parts, api, request), interaction: asked, csrf };
          return send(
            reply,
            asked.prompt === "login"
              ? await signInStep(parts, step, form)
              : await decide(asked, form, csrf),
            branding,
          );
        });
      }
    });
  };

/** The APIs' own sign-in pages, by slug. */
function signInUrlsOf(policies: readonly Policy[]): ReadonlyMap<string, string> {
  return new Map(
    policies.flatMap(({ slug, signInUrl }) => (signInUrl === null ? [] : [[slug, signInUrl]])),
  );
}

async function askedOf(
  { servers, handed }: DoorParts,
  api: string,
  { raw, params, query }: Call,
  reply: FastifyReply,
): Promise<Interaction | undefined> {
  const found = await servers.interaction(api, raw, reply.raw);
  if (found?.uid !== params.uid) return undefined;
  const { uid, passed } = found;
  if (passed?.by !== "hand-off") return found;
  const isTheirs =
    typeof query.handed === "string" && handed.isOf(query.handed, `${api} ${uid} ${passed.userId}`);
  return isTheirs ? found : { ...found, passed: undefined };
}

function stepOf(
  parts: InteractionParts,
  api: string,
  { id, raw, query, params }: Call,
): Omit<Step, "interaction" | "csrf"> {
  const peer = { address: raw.socket.remoteAddress, encrypted: false };
  const { address } = clientOf(peer, raw.rawHeaders, parts.trustedProxies);
  const whence: Whence = { address: address ?? null, requestId: id };
  return {
    api,
    whence,
    url: urlOf(parts, api, params.uid),
    forgotten: query.forgotten !== undefined,
  };
}

function urlOf({ servers }: InteractionParts, api: string, uid: string): string {
  return `${servers.issuerOf(api)}/interaction/${uid}`;
}

/**
 * A form from another site brings no cookie with it. What it proves is kept with the sign-in, and
 * the browser is sent back here by GET, which does bring the cookie: only the one that began goes on.
 * It needs what that address says, too: who began a sign-in and had somebody else handed off there
 * has the cookie alone.
 */
async function takeHandOff(
  parts: DoorParts,
  api: string,
  call: Call,
  token: string,
): Promise<Page | URL> {
  const { servers, handOffs, signInUrls, handed } = parts;
  const { uid } = call.params;
  const issuer = servers.issuerOf(api);
  if (issuer === undefined || !signInUrls.has(api)) return endedPage();
  const { whence } = stepOf(parts, api, call);
  const tried = await handOffs.check(token, { api, issuer, uid }, whence);
  if (tried.outcome === "wait") return refusedHandOffPage(tried.seconds);
  if (tried.outcome === "refused") return refusedHandOffPage();
  const { id } = tried.person;
  if (!(await servers.handOff(api, uid, id))) return endedPage();
  const onward = new URL(urlOf(parts, api, uid));
  onward.searchParams.set("handed", handed.of(`${api} ${uid} ${id}`));
  return onward;
}

async function decide(
  { application, scopes, finishConsent }: Interaction,
  form: URLSearchParams,
  csrf: string,
): Promise<Page | URL> {
  const decision = form.get("decision");
  if (decision === "deny") return new URL(await finishConsent("denied"));
  if (decision !== "allow") return consentPage(application, { csrf, scopes });
  const asked = new Set(scopes.map(({ name }) => name));
  const granted = form.getAll("scope").filter((name) => asked.has(name));
  return new URL(await finishConsent({ granted }));
}

/** RFC 9700 §4.12: on with 303, so that no browser sends the form's password on. */
function send(reply: FastifyReply, answer: Page | URL, branding: Branding | null): FastifyReply {
  if (answer instanceof URL) {
    return reply.header("cache-control", "no-store").redirect(answer.href, 303);
  }
  const { status, headers, body } = sentPage(answer, branding);
  for (let i = 0; i < headers.length; i += 2) reply.header(headers[i] as string, headers[i + 1]);
  return reply.code(status).serializer(String).send(body);
}

interface Tokens {
  of(about: string): string;
  isOf(sent: string, about: string): boolean;
}

/** While the master key is being rotated, another node may have made one under the other key. */
function createTokens(masterKeys: readonly Uint8Array[], purpose: string): Tokens {
  const keys = masterKeys.map((master) => Buffer.from(hkdfSync("sha256", master, "", purpose, 32)));
  const [newest] = keys;
  if (newest === undefined) throw new Error("forms need a master key");
  const tokenBy = (key: Uint8Array, about: string) =>
    createHmac("sha256", key).update(about).digest("base64url");
  return {
    of: (about) => tokenBy(newest, about),
    isOf: (sent, about) => keys.some((key) => sameSecret(sent, tokenBy(key, about))),
  };
}
