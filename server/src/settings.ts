import { suggestion } from "@latchkey/engine";
import {
  type Database,
  database,
  flag,
  type LogLevel,
  listenHost,
  logLevel,
  mailFrom,
  masterKeys,
  mayHoldPassword,
  networksAndHosts,
  operatorToken,
  policyFile,
  port,
  proxies,
  publicUrl,
  redisUrl,
  type Secret,
  smtpUrl,
  socketFile,
  timeoutSeconds,
  ValueFault,
} from "./setting-values.ts";

/** `dev` makes the secrets it lacks and may reach loopback; `serve` does neither. */
export type Mode = "dev" | "serve";

export interface Settings {
  readonly mode: Mode;
  /** As given; `undefined`: `latchkey.config.ts` in the working folder, else the built-in demo. */
  readonly policyFile: string | undefined;
  readonly host: string;
  readonly port: number;
  /** The file of a Unix socket. */
  readonly socket: string | undefined;
  /** An origin, without a trailing slash. */
  readonly publicUrl: string;
  readonly database: Database;
  readonly redisUrl: Secret | undefined;
  /** Newest first, at least one, 32 bytes each. */
  readonly masterKeys: readonly Uint8Array[];
  /** `undefined`: there is no bootstrap operator. */
  readonly operatorToken: Secret | undefined;
  /** CIDR blocks, single addresses and `unix`. */
  readonly trustedProxies: readonly string[];
  readonly requireHttps: boolean;
  /** CIDR blocks, single addresses and host names. */
  readonly outboundAllow: readonly string[];
  /** How long a receiver of webhooks has for its answer. */
  readonly webhookTimeoutSeconds: number;
  readonly smtpUrl: Secret | undefined;
  readonly mailFrom: string | undefined;
  readonly logLevel: LogLevel;
}

/** One environment variable. */
export interface Setting<Value> {
  readonly name: string;
  /** A sentence for the reference page. */
  readonly meaning: string;
  /** What holds when it is unset, in the words of the reference page. */
  readonly fallback: string;
  readonly example: string;
  /** @throws {ValueFault} */
  readonly parse: (text: string) => Value;
  /** A secret's value is never shown. */
  readonly secret?: true;
}

/** Every environment variable, once. `docs/reference/settings.md` is tested against it. */
export const SETTINGS = {
  config: setting({
    name: "LATCHKEY_CONFIG",
    meaning: "The policy file: `.ts`, `.mts`, `.js`, `.mjs` or `.json`.",
    fallback: "`./latchkey.config.ts`, else the built-in demo",
    example: "./policy/latchkey.config.ts",
    parse: policyFile,
  }),
  host: setting({
    name: "LATCHKEY_HOST",
    meaning: "The address it listens on.",
    fallback: "`127.0.0.1`",
    example: "0.0.0.0",
    parse: listenHost,
  }),
  port: setting({
    name: "LATCHKEY_PORT",
    meaning:
      "The port it listens on; `0` takes a free one, which links, dashboard and OAuth do not know.",
    fallback: "`4000`",
    example: "4000",
    parse: port,
  }),
  socket: setting({
    name: "LATCHKEY_SOCKET",
    meaning: "A Unix socket on which it listens too. Whoever may enter its folder may connect.",
    fallback: "none",
    example: "/run/latchkey/latchkey.sock",
    parse: socketFile,
  }),
  publicUrl: setting({
    name: "LATCHKEY_PUBLIC_URL",
    meaning: "How the outside reaches it: scheme, host and port, no path.",
    fallback: "`http://localhost:4000`, with the port it listens on",
    example: "https://auth.example.com",
    parse: publicUrl,
  }),
  databaseUrl: setting({
    name: "LATCHKEY_DATABASE_URL",
    meaning: "`sqlite:PATH` or `postgres://…`; a path starts at the working folder.",
    fallback: "`sqlite:./.latchkey/latchkey.db`",
    example: "postgres://latchkey@db.internal/latchkey",
    parse: database,
    secret: true,
  }),
  redisUrl: setting({
    name: "LATCHKEY_REDIS_URL",
    meaning: "The Redis on which nodes share their counters: one server, or a node of a Cluster.",
    fallback: "each process counts by itself",
    example: "redis://cache.internal:6379",
    parse: redisUrl,
    secret: true,
  }),
  secret: setting({
    name: "LATCHKEY_SECRET",
    meaning: "The master key, 32 bytes in base64url; while rotating a list, newest first.",
    fallback: "`dev`: made once and kept in `.latchkey/secret`; `serve`: required",
    example: "$(openssl rand 32 | basenc --base64url | tr -d '=')",
    parse: masterKeys,
    secret: true,
  }),
  operatorToken: setting({
    name: "LATCHKEY_OPERATOR_TOKEN",
    meaning: "The token of the bootstrap operator, an owner; at least 32 characters.",
    fallback: "`dev`: made, printed once and kept in `.latchkey/operator-token`; `serve`: none",
    example: "$(openssl rand -hex 32)",
    parse: operatorToken,
    secret: true,
  }),
  trustedProxies: setting({
    name: "LATCHKEY_TRUSTED_PROXIES",
    meaning:
      "Peers whose forwarding headers count: a list of addresses, CIDR blocks, and `unix` for the Unix socket.",
    fallback: "none",
    example: "10.0.0.0/8,fd00::/8",
    parse: proxies,
  }),
  requireHttps: setting({
    name: "LATCHKEY_REQUIRE_HTTPS",
    meaning: "Refuse plain HTTP on the facade; never applied to loopback in `dev`.",
    fallback: "`true` when the public URL is https",
    example: "true",
    parse: flag,
  }),
  outboundAllow: setting({
    name: "LATCHKEY_OUTBOUND_ALLOW",
    meaning: "Addresses, CIDR blocks and hosts that outgoing requests may reach although private.",
    fallback: "none; `dev`: loopback",
    example: "10.1.2.0/24,hooks.internal",
    parse: networksAndHosts,
  }),
  webhookTimeoutSeconds: setting({
    name: "LATCHKEY_WEBHOOK_TIMEOUT_SECONDS",
    meaning: "How long a receiver of webhooks has for its answer: 1 to 60 seconds.",
    fallback: "`15`",
    example: "30",
    parse: timeoutSeconds,
  }),
  smtpUrl: setting({
    name: "LATCHKEY_SMTP_URL",
    meaning: "The mail server.",
    fallback: "unset: in `dev`, links go to the log",
    example: "smtps://latchkey@mail.example.com:465",
    parse: smtpUrl,
    secret: true,
  }),
  mailFrom: setting({
    name: "LATCHKEY_MAIL_FROM",
    meaning: "The sender of mail.",
    fallback: "unset",
    example: "'Latchkey <latchkey@example.com>'",
    parse: mailFrom,
  }),
  logLevel: setting({
    name: "LATCHKEY_LOG_LEVEL",
    meaning: "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.",
    fallback: "`info`",
    example: "warn",
    parse: logLevel,
  }),
} as const;

/** Where `dev` gets the two secrets that the environment does not set. */
export interface DevSecrets {
  /** @throws {ValueFault} */
  masterKeys(): readonly Uint8Array[];
  /** @throws {ValueFault} */
  operatorToken(): Secret;
}

/** Stops the start: one line that names the variable, the fault and what would be right. */
export class SettingsError extends Error {
  constructor({ name, example }: Setting<unknown>, fault: string) {
    super(`${name} ${fault}; for example ${name}=${example}`);
    this.name = "SettingsError";
  }
}

/** The environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads every setting; an empty value counts as unset. `devSecrets` is asked last, so that a start
 * that fails leaves nothing behind, and never in `serve`.
 *
 * @throws {SettingsError} At the first value that is missing or wrong.
 */
export function readSettings(
  env: Environment,
  { mode, devSecrets }: { mode: Mode; devSecrets: DevSecrets },
): Settings {
  const isDev = mode === "dev";
  const read = <Value>(entry: Setting<Value>) => readOne(env, entry);
  const listenPort = read(SETTINGS.port) ?? 4000;
  const url = read(SETTINGS.publicUrl) ?? `http://localhost:${listenPort}`;
  const keys = read(SETTINGS.secret);
  const token = read(SETTINGS.operatorToken);
  const smtp = read(SETTINGS.smtpUrl);
  const sender = read(SETTINGS.mailFrom);
  if (smtp !== undefined && sender === undefined) {
    throw new SettingsError(SETTINGS.mailFrom, "is required with LATCHKEY_SMTP_URL");
  }
  const settings = {
    mode,
    policyFile: read(SETTINGS.config),
    host: read(SETTINGS.host) ?? "127.0.0.1",
    port: listenPort,
    socket: read(SETTINGS.socket),
    publicUrl: url,
    database: read(SETTINGS.databaseUrl) ?? database("sqlite:./.latchkey/latchkey.db"),
    redisUrl: read(SETTINGS.redisUrl),
    trustedProxies: read(SETTINGS.trustedProxies) ?? [],
    requireHttps: read(SETTINGS.requireHttps) ?? url.startsWith("https:"),
    outboundAllow: read(SETTINGS.outboundAllow) ?? (isDev ? ["127.0.0.0/8", "::1"] : []),
    webhookTimeoutSeconds: read(SETTINGS.webhookTimeoutSeconds) ?? 15,
    smtpUrl: smtp,
    mailFrom: sender,
    logLevel: read(SETTINGS.logLevel) ?? "info",
  };
  if (keys === undefined && !isDev) {
    throw new SettingsError(SETTINGS.secret, "is required by `latchkey serve`");
  }
  return {
    ...settings,
    masterKeys: keys ?? attributed(SETTINGS.secret, devSecrets.masterKeys),
    operatorToken:
      token ?? (isDev ? attributed(SETTINGS.operatorToken, devSecrets.operatorToken) : undefined),
  };
}

/** A line for each `LATCHKEY_*` variable that means nothing, and for settings that shut all out. */
export function settingWarnings(
  env: Environment,
  { mode, requireHttps, trustedProxies }: Settings,
): string[] {
  const names: string[] = Object.values(SETTINGS).map(({ name }) => name);
  const unknown = Object.keys(env)
    .filter((name) => name.startsWith("LATCHKEY_") && env[name]?.trim() !== "")
    .filter((name) => !names.includes(name))
    .map((name) => `${name} is not a setting${suggestion(name, names)}`);
  // Whether a request came over TLS only a proxy can say.
  const isShut = mode === "serve" && requireHttps && trustedProxies.length === 0;
  return isShut ? [...unknown, SHUT] : unknown;
}

const SHUT =
  "LATCHKEY_TRUSTED_PROXIES names no proxy that ends TLS: the facade requires https, so it refuses " +
  "every request";

function setting<Value>(entry: Setting<Value>): Setting<Value> {
  return entry;
}

function readOne<Value>(env: Environment, entry: Setting<Value>): Value | undefined {
  const text = env[entry.name]?.trim() ?? "";
  if (text === "") return undefined;
  const isHidden = entry.secret || mayHoldPassword(text);
  const shown = isHidden ? "" : `${JSON.stringify(text.slice(0, 80))} `;
  return attributed(entry, () => entry.parse(text), shown);
}

function attributed<Value>(entry: Setting<unknown>, make: () => Value, shown = ""): Value {
  try {
    return make();
  } catch (error) {
    if (error instanceof ValueFault) throw new SettingsError(entry, `${shown}${error.message}`);
    throw error;
  }
}
