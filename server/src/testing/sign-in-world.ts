import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { hashPassword } from "../accounts/password.ts";
import { secretsKeptIn } from "../dev-secrets.ts";
import { type Latchkey, startLatchkey } from "../latchkey.ts";
import { readSettings } from "../settings.ts";
import { createSignInParts, type SignInParts } from "../sign-in/create-sign-in-parts.ts";
import type { Person } from "../sign-in/people.ts";
import { openStore } from "../store/open-store.ts";
import { createSealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { type Browser, newBrowser } from "./browser.ts";
import { freePort } from "./free-port.ts";
import { keptLog } from "./log.ts";
import { temporarySqlite } from "./temporary-sqlite.ts";

/** The whole product, with an application that asks people of `standard` for approval. */
export interface SignInWorld {
  readonly origin: string;
  /** The same database and master key by a second process's way. */
  readonly store: Store;
  readonly parts: SignInParts;
  /** The texts of mails that `parts` sent. */
  readonly mails: readonly string[];
  readonly database: string;
  aPerson(): Promise<{ readonly person: Person; readonly email: string }>;
  create(collection: string, draft: object): Promise<Record<string, unknown>>;
  manage(method: string, place: string, body?: object): Promise<Response>;
  /** Where the application sends a browser. */
  authorization(): string;
  begin(browser?: Browser): Promise<Shown>;
  /** The page after e-mail and password. */
  signIn(browser: Browser, email: string, password?: string): Promise<Shown>;
  tokens(code: string): Promise<Record<string, string>>;
  close(): Promise<void>;
}

/** A page, where it is, and what its form hides. */
export interface Shown {
  readonly url: string;
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
  readonly csrf: string;
}

/** What everybody's password is. */
export const PASSWORD = "a horse is no battery";
/** What the application asks for. */
export const SCOPES = ["read:users", "read:projects"];
/** Whose the people are. */
export const ACCOUNT = "acct_test";
/** From where the world is asked. */
export const WHENCE = { address: "192.0.2.1", requestId: null };

const VERIFIER = "a-verifier-of-at-least-forty-three-characters";

/** Starts one on a database of its own. `host` is that of the public URL, and leads here. */
export async function startSignInWorld({
  host = "127.0.0.1",
  callback = "https://client.example/callback",
  policy = {},
  env: more = {},
}: {
  readonly host?: string;
  readonly callback?: string;
  /** What differs from the profile `standard`. */
  readonly policy?: object;
  readonly env?: Readonly<Record<string, string>>;
} = {}): Promise<SignInWorld> {
  const sqlite = temporarySqlite();
  const config = path.join(sqlite.folder, "policy.json");
  const api = { slug: "standard", extends: "standard", ...policy };
  writeFileSync(config, JSON.stringify({ apis: [api] }));
  const port = String(await freePort());
  const origin = `http://${host}:${port}`;
  const operator = randomBytes(24).toString("hex");
  const env = {
    LATCHKEY_PORT: port,
    LATCHKEY_PUBLIC_URL: origin,
    LATCHKEY_DATABASE_URL: sqlite.url,
    LATCHKEY_SECRET: randomBytes(32).toString("base64url"),
    LATCHKEY_OPERATOR_TOKEN: operator,
    LATCHKEY_LOG_LEVEL: "silent",
    // Tests may come from several addresses.
    LATCHKEY_TRUSTED_PROXIES: "127.0.0.1,::1",
    LATCHKEY_CONFIG: config,
    ...more,
  };
  const devSecrets = secretsKeptIn(sqlite.folder);
  const settings = readSettings(env, { mode: "serve", devSecrets });
  const latchkey: Latchkey = await startLatchkey(settings, { version: "0" });
  const clock = () => Date.now();
  const store = await openStore({ url: sqlite.url, clock, log: keptLog() });
  const mails: string[] = [];
  const parts = createSignInParts({
    store,
    clock,
    sealing: createSealing(settings.masterKeys),
    masterKeys: settings.masterKeys,
    publicUrl: origin,
    apis: new Set(["standard"]),
    hashPassword,
    mail: { delivers: true, send: async ({ text }) => void mails.push(text) },
    onFault: (fault) => {
      throw fault;
    },
  });

  const headers = { authorization: `Bearer ${operator}`, "content-type": "application/json" };
  const manage = (method: string, place: string, body?: object) =>
    fetch(`${origin}/v1/apis/standard/${place}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
  async function create(collection: string, draft: object) {
    const answer = await manage("POST", collection, draft);
    if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  }
  await create("accounts", { id: ACCOUNT, name: "Test" });
  const client = await create("applications", {
    name: "Reports <b>of</b> the week",
    accountId: ACCOUNT,
    redirectUris: [callback],
    scopes: SCOPES,
  });

  const authorization = () =>
    `${origin}/standard/oauth/authorize?${new URLSearchParams({
      response_type: "code",
      client_id: String(client.id),
      redirect_uri: callback,
      scope: SCOPES.join(" "),
      state: "st",
      code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
      code_challenge_method: "S256",
    })}`;
  const begin = async (browser = newBrowser(origin)) => shown(await browser.visit(authorization()));

  let people = 0;
  return {
    ...{ origin, store, parts, mails, database: sqlite.path },
    ...{ create, manage, authorization, begin },
    async aPerson() {
      people += 1;
      const email = `person-${people}@example.com`;
      const draft = { accountId: ACCOUNT, email, name: "Alice", password: PASSWORD };
      const { id } = await create("users", draft);
      return { email, person: { kind: "user", api: "standard", id: String(id) } };
    },
    async signIn(browser, email, password = PASSWORD) {
      const { url, csrf } = await begin(browser);
      return shown(await browser.submit(url, { csrf, email, password }));
    },
    async tokens(code) {
      const answer = await fetch(`${origin}/standard/oauth/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          code,
          redirect_uri: callback,
          code_verifier: VERIFIER,
          client_id: String(client.id),
          client_secret: String(client.clientSecret),
        }),
      });
      if (answer.status !== 200) throw new Error(await answer.text());
      return (await answer.json()) as Record<string, string>;
    },
    async close() {
      await latchkey.close();
      await store.close();
      sqlite.remove();
    },
  };
}

/** The page that a browser was shown. Rejects when it was sent away. */
export async function shown({
  answer,
  left,
}: Awaited<ReturnType<Browser["visit"]>>): Promise<Shown> {
  if (left !== undefined) throw new Error(`the browser was sent away: ${left.href}`);
  const html = await answer.text();
  const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? "";
  return { url: answer.url, status: answer.status, html, headers: answer.headers, csrf };
}
