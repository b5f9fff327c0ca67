import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type ApiDefinition, compilePolicy, policyOf, profiles } from "@latchkey/engine";
import { type ApplicationDraft, createApplications } from "../accounts/applications.ts";
import type { ConsentDecision } from "../oauth/interactions.ts";
import { startAuthorizationServers } from "../oauth/start-authorization-servers.ts";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import { openStore } from "../store/open-store.ts";
import { createSealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { type Browser, newBrowser } from "./browser.ts";
import { aContext, anAccount, aUser } from "./builders.ts";
import { freePort } from "./free-port.ts";
import { type KeptLog, keptLog } from "./log.ts";
import { receiptsOf } from "./receipts.ts";
import { temporarySqlite } from "./temporary-sqlite.ts";

/** Authorization servers on a store, behind real HTTP, with a user who signs in when asked. */
export interface OAuthWorld {
  readonly store: Store;
  readonly origin: string;
  readonly issuer: string;
  /** What the user says to applications that ask; at first yes to everything. */
  decision: ConsentDecision | "everything";
  /** The user's when their password was looked at; `undefined` at first: they use none. */
  signedOutAt: number | null | undefined;
  /** What the user was asked so far, in order. */
  readonly prompts: readonly string[];
  /** Faults that the servers told of. */
  readonly faults: readonly unknown[];
  readonly log: KeptLog;
  /** Registers an application of `acct_1` with the scopes `read:users` and `read:projects`. */
  register(draft?: Partial<ApplicationDraft>): Promise<Client>;
  /** Goes through an authorization; answers the parameters that came back to the application. */
  authorize(client: Client, params?: Params, browser?: Browser): Promise<URLSearchParams>;
  /** What `authorize` sends the browser to first. */
  authorizationUrl(client: Client, params?: Params): string;
  /** Posts a form to an endpoint, with the secret of a confidential client. */
  post(client: Client, endpoint: string, params: Params): Promise<Answer>;
  /** Trades a code of `authorize`. */
  redeem(client: Client, code: string, params?: Params): Promise<Answer>;
  refresh(client: Client, token: string, params?: Params): Promise<Answer>;
  /** Sets our clock ahead; the library has its own. */
  advance(seconds: number): void;
  /** Whether the engine would find the token, and find it alive. */
  isLive(token: string): Promise<boolean>;
  close(): Promise<void>;
}

/** An application and what it proves itself with. */
export interface Client {
  readonly id: string;
  readonly secret: string | null;
  readonly redirectUri: string;
}

type Params = Readonly<Record<string, string>>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** The verifier that `authorize` sends the challenge of. */
export const VERIFIER = "a-verifier-of-at-least-forty-three-characters";
export const API = "standard";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

/** Starts one on an SQLite database of its own, which goes with it. */
export async function startLoneOAuthWorld(
  changes: object = {},
  fetchGuarded = createGuardedFetch({ allow: [] }),
): Promise<OAuthWorld> {
  const database = temporarySqlite();
  const world = await startOAuthWorld(database.url, changes, fetchGuarded);
  const { close } = world;
  return Object.assign(world, {
    async close() {
      await close();
      database.remove();
    },
  });
}

/** Starts one on the database at this address; `user_1` of `acct_1` is the user. */
export async function startOAuthWorld(
  url: string,
  changes: object = {},
  fetchGuarded = createGuardedFetch({ allow: [] }),
  masterKeys = [randomBytes(32)],
): Promise<OAuthWorld> {
  const definition: ApiDefinition = {
    ...profiles.standard,
    slug: API,
    ...changes,
  } as ApiDefinition;
  const policy = policyOf(definition);
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  const log = keptLog();
  const store = await openStore({ url, clock, log });
  // With the same master keys this may be another node on a database that has them.
  if ((await store.users.find(API, "user_1")) === undefined) {
    await store.write("createAccount", anAccount(), aContext({ api: API }));
    await store.write("createUser", aUser(), aContext({ api: API }));
  }
  const policies = new Map([[API, compilePolicy(policy)]]);
  const applications = createApplications({
    store,
    clock,
    policies,
    receiptOf: receiptsOf(store, clock),
  });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const faults: unknown[] = [];
  const prompts: string[] = [];
  const { servers, stop } = startAuthorizationServers({
    store,
    clock,
    sealing: createSealing(masterKeys),
    masterKeys,
    policies: [policy],
    publicUrl: origin,
    proven: async () => undefined,
    fetch: fetchGuarded,
    onFault: (fault) => faults.push(fault),
    log,
    noticeEveryMillis: 20,
  });

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const interaction = await servers.interaction(API, request, response);
    if (interaction === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { prompt, scopes } = interaction;
    prompts.push(prompt);
    const { decision } = world;
    const granted =
      decision === "everything" ? { granted: scopes.map(({ name }) => name) } : decision;
    const location =
      prompt === "login"
        ? await interaction.finishLogin("user_1", world.signedOutAt)
        : await interaction.finishConsent(granted);
    if (location === undefined) response.writeHead(422).end();
    else response.writeHead(303, { location }).end();
  }

  const server = createServer((request, response) => {
    const call = { requestId: "req_1", address: "192.0.2.1" };
    const answered =
      servers.placeOf(request.url ?? "") !== undefined
        ? servers.answer(request, response, call)
        : interact(request, response);
    answered.catch((fault: unknown) => {
      faults.push(fault);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

  const world: OAuthWorld = {
    store,
    origin,
    issuer: `${origin}/${API}`,
    decision: "everything",
    signedOutAt: undefined,
    prompts,
    faults,
    log,

    async register(draft = {}) {
      const { redirectUris = ["https://client.example/callback"] } = draft;
      const call = { api: API, actor: { kind: "operator", id: "opt_1" }, requestId: null } as const;
      const issued = await applications.create(
        { ...call, address: null },
        {
          accountId: "acct_1",
          name: "Reports",
          scopes: ["read:users", "read:projects"],
          ...draft,
          redirectUris,
        },
      );
      return { id: issued.id, secret: issued.clientSecret, redirectUri: redirectUris[0] ?? "" };
    },

    authorizationUrl({ id, redirectUri }, params = {}) {
      const all = {
        response_type: "code",
        client_id: id,
        redirect_uri: redirectUri,
        scope: "read:users read:projects",
        state: "st",
        code_challenge: CHALLENGE,
        code_challenge_method: "S256",
        ...params,
      };
      const given = Object.entries(all).filter(([, value]) => value !== "");
      return `${world.issuer}/oauth/authorize?${new URLSearchParams(given)}`;
    },

    async authorize(client, params = {}, browser = newBrowser(origin)) {
      const { left, answer } = await browser.visit(world.authorizationUrl(client, params));
      if (left === undefined) throw new Error(`${answer.status}: ${await answer.text()}`);
      return left.searchParams;
    },

    async post({ id, secret }, endpoint, params) {
      const body = new URLSearchParams({
        client_id: id,
        ...(secret !== null && { client_secret: secret }),
        ...params,
      });
      const url = `${world.issuer}/oauth/${endpoint}`;
      const answer = await fetch(url, { method: "POST", body });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : {} };
    },

    redeem: (client, code, params = {}) =>
      world.post(client, "token", {
        grant_type: "authorization_code",
        code,
        redirect_uri: client.redirectUri,
        code_verifier: VERIFIER,
        ...params,
      }),

    refresh: (client, token, params = {}) =>
      world.post(client, "token", {
        grant_type: "refresh_token",
        refresh_token: token,
        ...params,
      }),

    advance(seconds) {
      ahead += seconds * 1000;
    },

    async isLive(token) {
      const digest = createHash("sha256").update(token).digest();
      const { credential } = await store.credentials.resolve(API, "access-token", digest);
      return credential !== undefined && credential.revokedAt === null;
    },

    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await stop();
      await store.close();
    },
  };
  return world;
}
