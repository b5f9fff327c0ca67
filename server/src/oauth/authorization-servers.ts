import type { IncomingMessage, ServerResponse } from "node:http";
import { type Clock, type Policy, withoutSlash } from "@latchkey/engine";
import type Provider from "oidc-provider";
import type { LogoutNotice } from "../store/logout-notices.ts";
import type { Sealing } from "../store/sealing.ts";
import { type Store, systemContext } from "../store/store.ts";
import { type AddressLimits, createAddressLimits, isPage } from "./address-limits.ts";
import { calcomAuthorization } from "./calcom-authorization.ts";
import { asksCalcom, isCalcom } from "./calcom-configuration.ts";
import type { Calls, OAuthCall } from "./calls.ts";
import {
  ABOUT_TOKEN,
  CALCOM_ENDPOINT,
  DOCUMENT,
  ENDPOINT,
  ON_TOKEN,
  ROOT_DOCUMENT,
} from "./endpoints.ts";
import type { Interaction } from "./interactions.ts";
import { type Issuer, issuerOf } from "./issuer.ts";
import { issuerKeys } from "./issuer-keys.ts";
import type { GuardedFetch } from "./library-fetch.ts";
import { protectedResource } from "./metadata.ts";
import { sendJson } from "./send-json.ts";
import { sendWait } from "./send-wait.ts";
import type { TellLogout } from "./tell-logout.ts";
import { acceptBody } from "./token-body.ts";

/** What authorization servers are made of. */
export interface AuthorizationServersParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly sealing: Sealing;
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  readonly policies: readonly Policy[];
  readonly publicUrl: string;
  /** Resolves while what the database says of an API counts: one that was replaced answers, too. */
  readonly proven: (api: string) => Promise<void>;
  readonly fetch: GuardedFetch;
  /** Told of faults, never of a secret. */
  readonly onFault: (fault: unknown, call: OAuthCall | undefined) => void;
}

/** A path of an authorization server, as far as whoever stands before it has to know. */
export interface OAuthPlace {
  /** Whether browsers are sent here for a page; else programs call it, those in browsers too. */
  readonly isPage: boolean;
  /** Whether the API takes the ids that clients give their requests, or makes its own. */
  readonly requestIds: Policy["requestIds"];
}

/** The authorization servers of a deployment, one for each API whose policy has one. */
export interface AuthorizationServers {
  /** What this path, below an API's mount or at the root, is to them; `undefined`: not theirs. */
  placeOf(url: string): OAuthPlace | undefined;
  /** Has the server of this API read its keys anew: they have changed. */
  renew(api: string): void;
  /** Answers a request to such a path. */
  answer(request: IncomingMessage, response: ServerResponse, call: OAuthCall): Promise<void>;
  /** What the browser of this request is asked by the server of this API, if anything. */
  interaction(
    api: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Interaction | undefined>;
  /** Who people of this API are handed off to, character by character; `undefined`: no server. */
  issuerOf(api: string): string | undefined;
  /** Takes the first step of a sign-in for this user. False: there is no such sign-in. */
  handOff(api: string, uid: string, userId: string): Promise<boolean>;
  /** Tells a client of a sign-out, if it wants to be told; rejects when it cannot be. */
  tellLogout(api: string, notice: LogoutNotice): Promise<void>;
}

interface ServerParts extends AuthorizationServersParts {
  readonly limits: AddressLimits;
}

interface Built {
  readonly provider: Provider;
  readonly calls: Calls;
  readonly tellLogout: TellLogout;
}

interface Server {
  readonly issuer: Issuer;
  readonly policy: Policy;
  provider(): Promise<Built>;
  /** Builds another one for whoever comes from now on. */
  renew(): void;
}

/** The library adds the hash of a script that hands on what a page was given. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** Makes them; each is built when it is asked for first, so that a start does not wait for it. */
export function createAuthorizationServers(parts: AuthorizationServersParts): AuthorizationServers {
  const servers = new Map<string, Server>();
  const { clock } = parts;
  const limits = createAddressLimits(clock);

  for (const policy of parts.policies) {
    if (policy.oauth === null || !policy.schemes.includes("access-token")) continue;
    servers.set(policy.slug, createServer(policy, { ...parts, limits }));
  }

  /** The server that a path is for, and what follows the mount. */
  function place(asked: string): { server: Server; target: string } | undefined {
    // The library cuts a fragment off, others do not; what is limited must have one name.
    if (/^[^?]*#/.test(asked)) return undefined;
    const url = withoutSlash(asked);
    const [, document, slug] = ROOT_DOCUMENT.exec(url) ?? [];
    const end = url.indexOf("/", 1);
    const server = servers.get(slug ?? (end === -1 ? "" : url.slice(1, end)));
    if (server === undefined) return undefined;
    const target =
      document === undefined
        ? url.slice(end)
        : document + url.slice(document.length + 1 + (slug ?? "").length);
    if (DOCUMENT.test(target)) return { server, target };
    if (!isCalcom(server.policy)) return ENDPOINT.test(target) ? { server, target } : undefined;
    const [, own] = CALCOM_ENDPOINT.exec(target) ?? [];
    return own === undefined ? undefined : { server, target: own };
  }

  return {
    placeOf(url) {
      const found = place(url);
      if (found === undefined) return undefined;
      return { isPage: isPage(found.target), requestIds: found.server.policy.requestIds };
    },

    renew: (api) => servers.get(api)?.renew(),

    async interaction(api, request, response) {
      const server = servers.get(api);
      if (server === undefined) return undefined;
      const [{ interactionOf }, { provider }] = await Promise.all([
        import("./interactions.ts"),
        server.provider(),
      ]);
      const { policy } = server;
      return interactionOf({ provider, store: parts.store, policy, clock }, request, response);
    },

    issuerOf: (api) => servers.get(api)?.issuer.url,

    async handOff(api, uid, userId) {
      const server = servers.get(api);
      if (server === undefined) return false;
      const [{ handOff }, { provider }] = await Promise.all([
        import("./interactions.ts"),
        server.provider(),
      ]);
      return handOff({ provider, clock }, uid, userId);
    },

    async tellLogout(api, notice) {
      await (await servers.get(api)?.provider())?.tellLogout(notice);
    },

    async answer(request, response, call) {
      const found = place(request.url ?? "");
      if (found === undefined) throw new Error("not a path of an authorization server");
      const { server, target } = found;
      const { issuer, policy } = server;
      response.setHeader("x-content-type-options", "nosniff");
      response.setHeader("referrer-policy", "no-referrer");
      if (isPage(target)) response.setHeader("content-security-policy", PAGE_POLICY);
      if (issuer.protocol === "https") {
        response.setHeader("strict-transport-security", "max-age=31536000");
      }
      if (DOCUMENT.exec(target)?.[1] === "oauth-protected-resource") {
        sendJson(response, 200, protectedResource(policy, issuer));
        return;
      }
      const { address } = call;
      const wait = limits.admit({ method: request.method, target, address });
      if (wait > 0) {
        sendWait(response, wait, { isPage: isPage(target), branding: policy.branding });
        return;
      }
      response.once("finish", () => {
        if (response.statusCode === 401) limits.refused(address);
      });
      try {
        const { provider, calls } = await server.provider();
        if (ENDPOINT.test(target) && !target.startsWith("/oauth/register")) {
          const isAboutToken = ABOUT_TOKEN.test(target);
          const error_description = await acceptBody(request, { isAboutToken });
          if (error_description !== undefined) {
            // What is left of a body that was too long is not for the next request.
            response.setHeader("connection", "close");
            sendJson(response, 400, { error: "invalid_request", error_description });
            return;
          }
        }
        calls.begin(request, call);
        const asked = { provider, policy, issuer: issuer.url };
        const onward = asksCalcom(request.method, target)
          ? await calcomAuthorization(target, asked)
          : { target };
        if ("location" in onward) {
          const headers = { location: onward.location, "cache-control": "no-store" };
          response.writeHead(303, headers).end();
          return;
        }
        if (ON_TOKEN.test(onward.target)) await parts.proven(policy.slug);
        presentAs(issuer, request, onward.target);
        await provider.callback()(request, response);
      } catch (fault) {
        parts.onFault(fault, call);
        if (!response.headersSent) sendJson(response, 503, { error: "temporarily_unavailable" });
      }
    },
  };
}

function createServer(policy: Policy, parts: ServerParts): Server {
  const issuer = issuerOf(policy, parts.publicUrl);
  let built: ReturnType<Server["provider"]> | undefined;
  return {
    issuer,
    policy,
    provider() {
      built ??= build(policy, issuer, parts).catch((fault: unknown) => {
        // The database may be back when it is asked for next.
        built = undefined;
        throw fault;
      });
      return built;
    },
    renew() {
      built = undefined;
    },
  };
}

async function build(policy: Policy, issuer: Issuer, parts: ServerParts): Promise<Built> {
  const { store, clock, sealing, masterKeys, limits, onFault } = parts;
  const [newest, ...older] = masterKeys;
  const { oauth: rule } = policy;
  if (newest === undefined || rule === null) throw new Error("no master key, or no rule");
  // The library takes a third of a second to load, which only who needs it should wait for.
  const [{ createProvider }, { createCalls }, { tellAway }, { tellLater }] = await Promise.all([
    import("./provider.ts"),
    import("./calls.ts"),
    import("./mended-answers.ts"),
    import("./tell-logout.ts"),
  ]);
  const context = systemContext(policy.slug, clock());
  const keys = await issuerKeys({ store, sealing, context });
  const calls = createCalls(clock);
  const provider = createProvider({
    store,
    policy,
    rule,
    issuer,
    clock,
    calls,
    limits,
    keys,
    masterKeys: [newest, ...older],
    fetch: parts.fetch,
  });
  provider.on("server_error", (ctx, fault) => {
    onFault(fault, calls.of(ctx.req));
    tellAway(ctx, fault);
  });
  return { provider, calls, tellLogout: tellLater(provider, { store, policy, calls }) };
}

/** Shows the library the request as it came to the public address, whatever its headers say. */
function presentAs({ protocol, host, mount }: Issuer, request: IncomingMessage, target: string) {
  const { headers } = request;
  for (const name of Object.keys(headers)) {
    if (name.startsWith("x-forwarded-") || name === "forwarded") delete headers[name];
  }
  headers.host = host;
  headers["x-forwarded-host"] = host;
  headers["x-forwarded-proto"] = protocol;
  request.url = target;
  Object.assign(request, { originalUrl: mount + target });
}
