import { flat } from "./decide-setup.ts";
import { peerPackages } from "./peer-packages.ts";
import type { AwaitedContender } from "./rounds.ts";

/** As much of each library as is called here. */
interface BetterAuth {
  readonly api: {
    signUpEmail(call: object): Promise<{ readonly user: { readonly id: string } }>;
    createApiKey(call: object): Promise<{ readonly key: string }>;
    verifyApiKey(call: object): Promise<{ readonly valid: boolean }>;
  };
}
type Make<Thing> = new (...args: readonly unknown[]) => Thing;
type OAuth2 = Make<{ authenticate(request: object, response: object): Promise<unknown> }> & {
  readonly Request: Make<object>;
  readonly Response: Make<object>;
};
interface Passport {
  use(strategy: object): unknown;
  authenticate(
    name: string,
    options: object,
  ): (request: object, response: object, next: (error?: unknown) => void) => void;
}

/** Keys of better-auth take longer to make than the whole race. */
const BETTER_AUTH_KEYS = 500;
const FOREVER = new Date(4_000_000_000_000);

/**
 * The libraries that check a Bearer token or an API key, each with all that it needs in memory.
 * `lines` are values of `Authorization` headers, `order` the order in which they are presented.
 */
export async function authPeers(
  lines: readonly string[],
  next: () => number,
): Promise<readonly AwaitedContender[]> {
  const load = peerPackages();
  const tokens = lines.map((line) => flat(line.slice("Bearer ".length)));
  const line = () => lines[next()] as string;
  return [
    passportBearer(load, new Set(tokens), line),
    oauth2Server(load, new Set(tokens), line),
    await betterAuth(load),
  ];
}

/** Looks at no scope, no expiry and no limit. */
function passportBearer(
  load: (name: string) => unknown,
  tokens: ReadonlySet<string>,
  line: () => string,
): AwaitedContender {
  const passport = load("passport") as Passport;
  const { Strategy } = load("passport-http-bearer") as { readonly Strategy: Make<object> };
  const user = { id: "user_1" };
  passport.use(
    new Strategy((token: string, done: (error: null, user: unknown) => void) =>
      done(null, tokens.has(token) && user),
    ),
  );
  const check = passport.authenticate("bearer", { session: false });
  return {
    name: "passport-http-bearer, plain tokens in a Set",
    run(times) {
      let passed = 0;
      const pass = () => {
        passed += 1;
      };
      for (let i = 0; i < times; i += 1) check({ headers: { authorization: line() } }, {}, pass);
      if (passed !== times) throw new Error("passport refused");
    },
  };
}

/** Looks at expiry and no limit. */
function oauth2Server(
  load: (name: string) => unknown,
  tokens: ReadonlySet<string>,
  line: () => string,
): AwaitedContender {
  const Server = load("@node-oauth/oauth2-server") as OAuth2;
  const known = { accessTokenExpiresAt: FOREVER, scope: ["read:users"], client: {}, user: {} };
  const server = new Server({
    model: {
      getAccessToken: async (accessToken: string) =>
        tokens.has(accessToken) && { ...known, accessToken },
    },
  });
  return {
    name: "@node-oauth/oauth2-server, plain tokens in a Set",
    share: 0.5,
    async run(times) {
      for (let i = 0; i < times; i += 1) {
        const headers = { authorization: line() };
        const request = new Server.Request({ headers, method: "GET", query: {} });
        await server.authenticate(request, new Server.Response({}));
      }
    },
  };
}

/** Its fastest mode: keys in a `Map` as secondary storage, without a limit or a count. */
async function betterAuth(load: (name: string) => unknown): Promise<AwaitedContender> {
  const { betterAuth: make } = load("better-auth") as {
    readonly betterAuth: (options: object) => BetterAuth;
  };
  const { memoryAdapter } = load("better-auth/adapters/memory") as {
    readonly memoryAdapter: (tables: object) => unknown;
  };
  const { apiKey } = load("@better-auth/api-key") as {
    readonly apiKey: (options: object) => unknown;
  };
  const stored = new Map<string, string>();
  const customStorage = {
    get: async (name: string) => stored.get(name) ?? null,
    set: async (name: string, value: string) => void stored.set(name, value),
    delete: async (name: string) => void stored.delete(name),
  };
  const { api } = make({
    secret: "a secret of the benchmarks, long enough",
    baseURL: "http://127.0.0.1",
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
    emailAndPassword: { enabled: true },
    plugins: [
      apiKey({ rateLimit: { enabled: false }, storage: "secondary-storage", customStorage }),
    ],
  });
  const person = { email: "bench@example.com", password: "of the benchmarks", name: "Bench" };
  const { user } = await api.signUpEmail({ body: person });
  const permissions = { users: ["read"] };
  const keys: string[] = [];
  for (let i = 0; i < BETTER_AUTH_KEYS; i += 1) {
    keys.push((await api.createApiKey({ body: { userId: user.id, permissions } })).key);
  }
  let sent = 0;
  return {
    name: "better-auth, keys in a Map, no limit",
    share: 0.01,
    async run(times) {
      for (let i = 0; i < times; i += 1) {
        const key = keys[sent % keys.length];
        sent += 1;
        const { valid } = await api.verifyApiKey({ body: { key, permissions } });
        if (!valid) throw new Error("better-auth refused");
      }
    },
  };
}
