import {
  type ApiDefinition,
  compilePolicy,
  policyOf,
  profiles,
  trustedPeers,
} from "@latchkey/engine";
import type { InjectOptions, RouteOptions } from "fastify";
import { createUseCases } from "../accounts/create-use-cases.ts";
import { hashPassword } from "../accounts/password.ts";
import { type App, type AppParts, createApp } from "../http/app.ts";
import { createLog } from "../http/log.ts";
import { createMetrics } from "../http/metrics.ts";
import { openOperators } from "../http/operators.ts";
import { createIssuerKeys } from "../oauth/issuer-key-rotation.ts";
import { createSignInParts } from "../sign-in/create-sign-in-parts.ts";
import { openStore } from "../store/open-store.ts";
import { createSealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { facadeDoors } from "./facade-doors.ts";
import { keptLog } from "./log.ts";
import { type FrozenClock, frozenClock } from "./now.ts";
import { receiptsOf } from "./receipts.ts";
import { temporarySqlite } from "./temporary-sqlite.ts";

/** Where the outside reaches it in tests. */
const PUBLIC_URL = "http://localhost:4000";

/** The environment's operator token in tests. */
export const OWNER = "owner-token-of-the-tests-0123456789";

/** The management API on a database of its own, with two APIs: `standard` and `other`. */
export interface ManagementApp {
  readonly app: App;
  readonly store: Store;
  readonly clock: FrozenClock;
  /** Every line that was logged. */
  readonly logged: readonly string[];
  /** A call with a JSON body; as the owner unless `token` says otherwise (`null`: without any). */
  call(method: Method, path: string, options?: CallOptions): Promise<Answer>;
  /** The secret of the link with which the first operator is made. */
  setupToken(): Promise<string>;
  /** The secret of a new operator token. */
  operator(role: string, apis?: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

type Method = NonNullable<InjectOptions["method"]>;

interface CallOptions {
  readonly body?: unknown;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer with its body parsed; `{}` when it has none. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // The tests know the wire; a type for each answer would say it twice.
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON of many shapes
  readonly json: any;
}

interface Wishes {
  /** Told of every route there is. */
  readonly onRoute?: (route: RouteOptions) => void;
  /** The database; a temporary SQLite one when absent. */
  readonly url?: string;
  /** Further APIs. */
  readonly apis?: readonly ApiDefinition[];
  /** With what the clients of each API see. */
  readonly facades?: boolean;
}

/** Opens it; close it after the tests. */
export async function openManagementApp(
  parts: Partial<AppParts> = {},
  { onRoute = () => undefined, url, apis = [], facades = false }: Wishes = {},
): Promise<ManagementApp> {
  const database = url === undefined ? temporarySqlite() : { url, remove: () => undefined };
  const clock = frozenClock();
  const store = await openStore({ url: database.url, clock, log: keptLog() });
  const logged: string[] = [];
  const ours = await appParts({ store, clock, logged, apis });
  const doors = facades ? facadeDoors(ours) : [];
  const app = await createApp({ ...ours, doors, ...parts }, { onRoute });
  await app.ready();

  const call: ManagementApp["call"] = async (method, path, options = {}) => {
    const { body, token = OWNER, headers = {} } = options;
    const answer = await app.inject({
      method,
      url: path,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: isJson ? answer.json() : {},
    };
  };

  return {
    app,
    store,
    clock,
    logged,
    call,
    async setupToken() {
      const link = await ours.signInParts.links.makeSetup();
      return link?.split("#setup=")[1] ?? "";
    },
    async operator(role, apis) {
      const body = { name: role, role, ...(apis === undefined ? {} : { apis }) };
      return (await call("POST", "/v1/operator-tokens", { body })).json.token;
    },
    async close() {
      await app.close();
      await store.close();
      database.remove();
    },
  };
}

async function appParts({
  store,
  clock,
  logged,
  apis,
}: {
  store: Store;
  clock: FrozenClock;
  logged: string[];
  apis: readonly ApiDefinition[];
}): Promise<AppParts> {
  const both = ["standard", "other"].map((slug) => ({ extends: profiles.standard, slug }));
  const policies = new Map(
    [...both, ...apis].map((api) => policyOf(api)).map((api) => [api.slug, compilePolicy(api)]),
  );
  const slugs = [...policies.keys()];
  const masterKeys = [new Uint8Array(32).fill(7)];
  const sealing = createSealing(masterKeys);
  const receiptOf = receiptsOf(store, clock);
  const keyring = { store, clock, policies, sealing, receiptOf };
  const signInParts = createSignInParts({
    ...{ store, sealing, clock, masterKeys, hashPassword, publicUrl: PUBLIC_URL },
    apis: new Set(slugs),
    mail: { delivers: false, send: async () => undefined },
    onFault: (fault) => logged.push(String(fault)),
  });
  return {
    version: "0.0.0",
    publicUrl: PUBLIC_URL,
    clock,
    log: createLog({ level: "debug", destination: { write: (line) => logged.push(line) } }),
    store,
    policies,
    operators: await openOperators({ store, bootstrapToken: OWNER }),
    masterKeys,
    trustedProxies: trustedPeers([]),
    metrics: createMetrics({ apis: slugs, readings: [] }),
    ...createUseCases({
      ...{ ...keyring, masterKeys, publicUrl: PUBLIC_URL },
      fitPassword: signInParts.passwords.fit,
    }),
    issuerKeys: createIssuerKeys(keyring),
    signInParts,
    dashboardFolder: "/nowhere",
  };
}
