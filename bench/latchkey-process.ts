import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort, type Running, start } from "./pinned-process.ts";

const MAIN = path.join(import.meta.dirname, "..", "server", "src", "cli", "main.ts");
const COMPILE_CACHE = path.join(import.meta.dirname, "..", "node_modules", ".cache", "latchkey");
const OPERATOR_TOKEN = "operator-token-of-the-benchmarks-0123456789";

/** Limits that no run reaches, counted all the same: two windows, as the profile has. */
const API = {
  slug: "standard",
  extends: "standard",
  limits: { apiKey: { per: "credential", windows: ["1000000000/hour", "100000000/second"] } },
};

/** What an installation has that others have not. */
export interface Special {
  /** Members of the API's policy. */
  readonly policy?: object;
  readonly redisUrl?: string;
}

/** A folder with policy and database, in which `latchkey serve` can be started again and again. */
export interface Installation {
  readonly operatorToken: string;
  /** The SQLite file, if that is what it runs on. */
  readonly database: string;
  /** The Unix socket on which it listens beside its port, where it is the only node: on SQLite. */
  readonly socket: string;
  /** Starts it and returns at once: `/readyz` of its origin says when it is ready. */
  start(): Promise<Running & { readonly origin: string }>;
  remove(): void;
}

/** An installation in a new temporary folder, without dev's conveniences; by default on SQLite. */
export function newInstallation(
  databaseUrl?: string,
  { policy, redisUrl }: Special = {},
): Installation {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  mkdirSync(path.join(folder, "data"));
  writeFileSync(
    path.join(folder, "policy.json"),
    JSON.stringify({ apis: [{ ...API, ...policy }] }),
  );
  const database = path.join(folder, "data", "latchkey.db");
  const socket = path.join(folder, "latchkey.sock");
  return {
    operatorToken: OPERATOR_TOKEN,
    database,
    socket,
    async start() {
      const port = await freePort();
      const origin = `http://127.0.0.1:${port}`;
      const env = {
        PATH: process.env.PATH,
        LATCHKEY_CONFIG: path.join(folder, "policy.json"),
        LATCHKEY_DATABASE_URL: databaseUrl ?? `sqlite:${database}`,
        LATCHKEY_LOG_LEVEL: "warn",
        LATCHKEY_OPERATOR_TOKEN: OPERATOR_TOKEN,
        LATCHKEY_OUTBOUND_ALLOW: "127.0.0.1",
        LATCHKEY_PORT: String(port),
        ...(databaseUrl === undefined && { LATCHKEY_SOCKET: socket }),
        ...(redisUrl && { LATCHKEY_REDIS_URL: redisUrl }),
        LATCHKEY_SECRET: Buffer.alloc(32, 7).toString("base64url"),
        // As `npm start` sets it.
        NODE_COMPILE_CACHE: COMPILE_CACHE,
      };
      const args = ["--conditions=latchkey-src", ...nodeOptions(), MAIN, "serve"];
      const running = start("server", [process.execPath, ...args], { cwd: folder, env });
      return { ...running, origin };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** `BENCH_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=/tmp/prof"` shows where the time goes. */
function nodeOptions(): readonly string[] {
  return process.env.BENCH_NODE_OPTIONS?.split(" ").filter((option) => option !== "") ?? [];
}

/** Makes an account and so many keys with two scopes, and returns the keys. */
export async function issueKeys(
  origin: string,
  operatorToken: string,
  count: number,
): Promise<readonly string[]> {
  const call = callAs(origin, operatorToken);
  const account = await call("/accounts", { name: "Bench" });
  const draft = { accountId: account.id, scopes: ["read:users", "write:projects"] };
  const keys: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { key } = await call("/api-keys", { ...draft, name: `Key ${i}` });
    keys.push(String(key));
  }
  return keys;
}

/** Registers an application that may act for itself. */
export async function registerApplication(
  origin: string,
  operatorToken: string,
  accessTokenFormat: "opaque" | "jwt",
): Promise<{ readonly id: string; readonly secret: string }> {
  const call = callAs(origin, operatorToken);
  const account = await call("/accounts", { name: "Bench" });
  const { clientId, clientSecret } = await call("/applications", {
    ...{ accountId: account.id, name: "Bench", scopes: ["read:users"], status: "verified" },
    ...{ redirectUris: ["https://client.example/callback"], accessTokenFormat },
  });
  return { id: String(clientId), secret: String(clientSecret) };
}

/** Makes an account with one key. */
export async function issueKey(origin: string, operatorToken: string) {
  const call = callAs(origin, operatorToken);
  const { id: accountId } = await call("/accounts", { name: "Bench" });
  const { id, key } = await call("/api-keys", { accountId, name: "Key" });
  return { id: String(id), key: String(key) };
}

/** Resolves when every verifier has confirmed. */
export async function revokeKey(origin: string, operatorToken: string, id: string) {
  await callAs(origin, operatorToken)(`/api-keys/${id}/revoke?wait=5000`, {});
}

/** Makes things of the API by its management calls; fails if one is refused. */
export function callAs(origin: string, operatorToken: string) {
  return async (
    pathname: string,
    body: object,
    method: "PATCH" | "POST" = "POST",
  ): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${origin}/v1/apis/standard${pathname}`, {
      method,
      headers: {
        authorization: `Bearer ${operatorToken}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${pathname}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
}
