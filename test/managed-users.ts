import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import type { Answer } from "./answer.ts";
import { bearer, type Client, newClient, pairOf } from "./calcom-platform.ts";
import { type RunningServer, startServer } from "./running-server.ts";

/** A managed user's two tokens as the call that made them answered. */
export interface Pair {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: number;
}

/** Headers of a request to the facade. */
type Headers = Readonly<Record<string, string>>;

/** What is said to whoever comes with a token that is none, or none any more. */
export const TOKEN_UNKNOWN = "Invalid Access Token.";

export const usersOf = ({ clientId }: Client) => `/v2/oauth-clients/${clientId}/users`;
export const refreshOf = ({ clientId }: Client) => `/v2/oauth/${clientId}/refresh`;

/** The API `calcom` with two clients of one platform and one of another, over HTTP. */
export async function managedScene() {
  const server = await startServer({
    // The tests present more unknown credentials than one address may.
    policy: { apis: [{ slug: "calcom", extends: "calcom", failures: [] }] },
  });
  for (const id of ["acct_platform", "acct_rival"]) {
    await server.create("calcom", "accounts", { id, name: id, kind: "platform", plan: "SCALE" });
  }
  const client = await newClient(server, "acct_platform");
  const sibling = await newClient(server, "acct_platform");
  const foreign = await newClient(server, "acct_rival");
  const own = { "x-cal-secret-key": client.clientSecret };
  let made = 0;

  /** Asks as `client`, whose id the path has, or with other headers. */
  function ask(line: string, body?: unknown, headers: Headers = own): Promise<Answer> {
    const [method = "", path = ""] = line.split(" ");
    return server.ask({ method, path: `/calcom${path}`, headers, body });
  }

  return {
    server,
    client,
    sibling,
    foreign,
    ask,
    /** A new user of the client with a pair of its own. */
    async newUser(of: Client = client, more: object = {}) {
      made += 1;
      const body = { email: `user${made}@example.com`, name: `User ${made}`, ...more };
      const answer = await ask(`POST ${usersOf(of)}`, body, pairOf(of));
      expect(answer.status, answer.text).toBe(201);
      const { user, ...pair } = answer.json.data;
      return { answer, user, id: user.id as number, pair: pair as Pair, sent: body };
    },
    me: (token: string, headers: Headers = {}) =>
      ask("GET /v2/me", undefined, { ...bearer(token), ...headers }),
    refresh: (refreshToken: string, of: Client = client) =>
      ask(`POST ${refreshOf(of)}`, { refreshToken }, pairOf(of)),
  };
}

export type ManagedScene = Awaited<ReturnType<typeof managedScene>>;

/** Changes a row in the database beside the server, as only the passing of time would. */
export function inDatabase(
  server: RunningServer,
  sql: string,
  ...values: readonly (string | number)[]
): void {
  using database = new DatabaseSync(server.database, { timeout: 5000 });
  expect(database.prepare(sql).run(...values).changes).toBeGreaterThan(0);
}

/** Every row of every table, bytes as text. */
export function dumpOf(server: RunningServer): string {
  using database = new DatabaseSync(server.database, { readOnly: true });
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
  return tables
    .flatMap(({ name }) => database.prepare(`select * from ${name}`).all())
    .flatMap((row) => Object.values(row))
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value))
    .join("\n");
}
