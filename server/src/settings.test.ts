import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { database, operatorToken, ValueFault } from "./setting-values.ts";
import {
  type DevSecrets,
  type Environment,
  readSettings,
  SETTINGS,
  SettingsError,
  settingWarnings,
} from "./settings.ts";

const KEY = Buffer.alloc(32, 1).toString("base64url");
const OLD_KEY = Buffer.alloc(32, 2).toString("base64url");
const TOKEN = "t".repeat(32);

const DEV_SECRETS: DevSecrets = {
  masterKeys: () => [new Uint8Array(32).fill(9)],
  operatorToken: () => operatorToken("d".repeat(32)),
};
const NO_SECRETS: DevSecrets = {
  masterKeys: () => expect.unreachable("asked for a master key"),
  operatorToken: () => expect.unreachable("asked for an operator token"),
};

const dev = (env: Environment) => readSettings(env, { mode: "dev", devSecrets: DEV_SECRETS });
const serve = (env: Environment) =>
  readSettings({ LATCHKEY_SECRET: KEY, ...env }, { mode: "serve", devSecrets: NO_SECRETS });

function faultOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return error instanceof Error ? error.message : "";
  }
  return expect.unreachable("was accepted");
}

test("needs nothing in dev", () => {
  expect(dev({})).toEqual({
    mode: "dev",
    policyFile: undefined,
    host: "127.0.0.1",
    port: 4000,
    socket: undefined,
    publicUrl: "http://localhost:4000",
    database: {
      kind: "sqlite",
      url: "sqlite:./.latchkey/latchkey.db",
      path: "./.latchkey/latchkey.db",
    },
    redisUrl: undefined,
    masterKeys: [new Uint8Array(32).fill(9)],
    operatorToken: "d".repeat(32),
    trustedProxies: [],
    requireHttps: false,
    outboundAllow: ["127.0.0.0/8", "::1"],
    webhookTimeoutSeconds: 15,
    smtpUrl: undefined,
    mailFrom: undefined,
    logLevel: "info",
  });
});

test("makes up no secret in serve, and reaches nothing private", () => {
  expect(serve({})).toMatchObject({ operatorToken: undefined, outboundAllow: [] });
  const message = faultOf(() => readSettings({}, { mode: "serve", devSecrets: NO_SECRETS }));
  expect(message).toMatch(/^LATCHKEY_SECRET is required by `latchkey serve`; for example /);
});

test("prefers the environment's secrets to those that dev keeps", () => {
  const env = { LATCHKEY_SECRET: KEY, LATCHKEY_OPERATOR_TOKEN: TOKEN };
  const settings = readSettings(env, { mode: "dev", devSecrets: NO_SECRETS });
  expect(settings.masterKeys).toEqual([new Uint8Array(32).fill(1)]);
  expect(settings.operatorToken).toBe(TOKEN);
});

test("asks for dev's secrets only once everything else is right", () => {
  const env = { LATCHKEY_LOG_LEVEL: "loud" };
  faultOf(() => readSettings(env, { mode: "dev", devSecrets: NO_SECRETS }));
});

test.each([
  ["LATCHKEY_CONFIG", "policy/acme.json", { policyFile: "policy/acme.json" }],
  ["LATCHKEY_HOST", "0.0.0.0", { host: "0.0.0.0" }],
  ["LATCHKEY_HOST", "::1", { host: "::1" }],
  ["LATCHKEY_HOST", "auth.internal", { host: "auth.internal" }],
  ["LATCHKEY_HOST", "node-01", { host: "node-01" }],
  ["LATCHKEY_PORT", "0", { port: 0 }],
  ["LATCHKEY_PORT", "65535", { port: 65_535, publicUrl: "http://localhost:65535" }],
  ["LATCHKEY_PUBLIC_URL", "https://auth.acme.com/", { publicUrl: "https://auth.acme.com" }],
  ["LATCHKEY_PUBLIC_URL", "https://auth.acme.com", { requireHttps: true }],
  ["LATCHKEY_PUBLIC_URL", "http://auth.acme.com", { requireHttps: false }],
  ["LATCHKEY_DATABASE_URL", "sqlite:/var/a b.db", { database: database("sqlite:/var/a b.db") }],
  [
    "LATCHKEY_DATABASE_URL",
    "postgres://h/d",
    { database: { kind: "postgres", url: "postgres://h/d" } },
  ],
  ["LATCHKEY_DATABASE_URL", "postgresql:///d?host=/run", { database: { kind: "postgres" } }],
  ["LATCHKEY_REDIS_URL", "rediss://cache:6380/1", { redisUrl: "rediss://cache:6380/1" }],
  [
    "LATCHKEY_SECRET",
    `${KEY}, ${OLD_KEY}`,
    { masterKeys: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] },
  ],
  ["LATCHKEY_OPERATOR_TOKEN", TOKEN, { operatorToken: TOKEN }],
  ["LATCHKEY_TRUSTED_PROXIES", "10.0.0.0/8, ::1", { trustedProxies: ["10.0.0.0/8", "::1/128"] }],
  ["LATCHKEY_TRUSTED_PROXIES", "unix,::1", { trustedProxies: ["unix", "::1/128"] }],
  ["LATCHKEY_SOCKET", "/run/latchkey.sock", { socket: "/run/latchkey.sock" }],
  ["LATCHKEY_SOCKET", "é".repeat(51), { socket: "é".repeat(51) }],
  ["LATCHKEY_REQUIRE_HTTPS", "true", { requireHttps: true }],
  ["LATCHKEY_REQUIRE_HTTPS", "false", { requireHttps: false }],
  [
    "LATCHKEY_OUTBOUND_ALLOW",
    "10.1.0.0/16,Hooks.Acme",
    { outboundAllow: ["10.1.0.0/16", "hooks.acme"] },
  ],
  ["LATCHKEY_OUTBOUND_ALLOW", "hooks2", { outboundAllow: ["hooks2"] }],
  ["LATCHKEY_WEBHOOK_TIMEOUT_SECONDS", "1", { webhookTimeoutSeconds: 1 }],
  ["LATCHKEY_WEBHOOK_TIMEOUT_SECONDS", "60", { webhookTimeoutSeconds: 60 }],
  ["LATCHKEY_MAIL_FROM", "Acme <auth@acme.com>", { mailFrom: "Acme <auth@acme.com>" }],
  ["LATCHKEY_MAIL_FROM", "auth@acme.com", { mailFrom: "auth@acme.com" }],
  ["LATCHKEY_LOG_LEVEL", "silent", { logLevel: "silent" }],
])("reads %s=%s", (name, value, settings) => {
  expect(dev({ [name]: value })).toMatchObject(settings);
  expect(dev({ [name]: ` ${value}\n` })).toMatchObject(settings);
});

test.each(Object.values(SETTINGS).map((setting) => [setting.name]))(
  "takes an empty %s for unset",
  (name) => {
    expect(dev({ [name]: "  " })).toEqual(dev({}));
  },
);

test.each([
  ["LATCHKEY_CONFIG", "policy.yaml", '"policy.yaml" does not end in .ts, .mts, .js, .mjs or .json'],
  ["LATCHKEY_HOST", "127.0.0.1:4000", '"127.0.0.1:4000" is neither an address nor a host name'],
  ["LATCHKEY_HOST", "127.0.0", '"127.0.0" is neither an address nor a host name'],
  ["LATCHKEY_PORT", "65536", '"65536" is not a whole number from 0 to 65535'],
  ["LATCHKEY_PORT", "4000.5", '"4000.5" is not a whole number from 0 to 65535'],
  ["LATCHKEY_PORT", "-1", '"-1" is not a whole number from 0 to 65535'],
  ["LATCHKEY_PUBLIC_URL", "auth.acme.com", '"auth.acme.com" is not an http or https URL'],
  ["LATCHKEY_PUBLIC_URL", "ftp://acme.com", '"ftp://acme.com" is not an http or https URL'],
  ["LATCHKEY_PUBLIC_URL", "https://user:hunter2@acme.com", "has a user name in it"],
  [
    "LATCHKEY_PUBLIC_URL",
    "https://acme.com/auth",
    '"https://acme.com/auth" has more than scheme, host and port',
  ],
  [
    "LATCHKEY_PUBLIC_URL",
    "https://acme.com?a=1",
    '"https://acme.com?a=1" has more than scheme, host and port',
  ],
  [
    "LATCHKEY_TRUSTED_PROXIES",
    "10.0.0.1/8",
    '"10.0.0.1/8" lists "10.0.0.1/8", which has bits set beyond its prefix; did you mean 10.0.0.0/8?',
  ],
  ["LATCHKEY_TRUSTED_PROXIES", "10.0.0.0/8,", '"10.0.0.0/8," has an empty place in its list'],
  [
    "LATCHKEY_TRUSTED_PROXIES",
    "proxy.internal",
    '"proxy.internal" lists "proxy.internal", which is not an IP address',
  ],
  ["LATCHKEY_SOCKET", "/run/", '"/run/" names no file'],
  ["LATCHKEY_SOCKET", "a\0b", '"a\\u0000b" names no file'],
  [
    "LATCHKEY_SOCKET",
    "é".repeat(52),
    `"${"é".repeat(52)}" is longer than 103 bytes, the most for a socket`,
  ],
  ["LATCHKEY_WEBHOOK_TIMEOUT_SECONDS", "0", '"0" is not a whole number from 1 to 60'],
  ["LATCHKEY_WEBHOOK_TIMEOUT_SECONDS", "61", '"61" is not a whole number from 1 to 60'],
  ["LATCHKEY_WEBHOOK_TIMEOUT_SECONDS", "1.5", '"1.5" is not a whole number from 1 to 60'],
  ["LATCHKEY_REQUIRE_HTTPS", "yes", '"yes" is neither `true` nor `false`'],
  [
    "LATCHKEY_OUTBOUND_ALLOW",
    "10.1.2.300",
    '"10.1.2.300" lists "10.1.2.300", which is no host name, and is not an IP address',
  ],
  [
    "LATCHKEY_OUTBOUND_ALLOW",
    "10.1.2.0-24",
    '"10.1.2.0-24" lists "10.1.2.0-24", which is no host name, and is not an IP address',
  ],
  [
    "LATCHKEY_OUTBOUND_ALLOW",
    "hooks.internal:8080",
    '"hooks.internal:8080" lists "hooks.internal:8080", which is no host name, and is not an IP',
  ],
  ["LATCHKEY_MAIL_FROM", "acme\r\nBcc: a@b", '"acme\\r\\nBcc: a@b" is not a mail address'],
  [
    "LATCHKEY_LOG_LEVEL",
    "verbose",
    '"verbose" is none of trace, debug, info, warn, error, fatal, silent',
  ],
])("refuses %s=%s in one line with an example", (name, value, fault) => {
  const message = faultOf(() => dev({ [name]: value }));
  expect(message).toContain(`${name} ${fault}`);
  expect(message).toMatch(new RegExp(`; for example ${name}=\\S`));
  expect(message).not.toContain("\n");
});

const NO_NETWORK = "is not an IP address or CIDR block, such as 192.0.2.0/24 or 2001:db8::/32";
const SMTP_FORM = "is not smtp[s]://[user[:password]@]host[:port]";
const REDIS_FORM = "is not redis[s]://[user[:password]@]host[:port][/database]";

test.each([
  ["LATCHKEY_SECRET", KEY.slice(1), "is not 32 bytes in base64url (43 characters)"],
  ["LATCHKEY_SECRET", `${KEY}A`, "is not 32 bytes in base64url (43 characters)"],
  ["LATCHKEY_SECRET", `${KEY.slice(0, -1)}F`, "is not 32 bytes in base64url (43 characters)"],
  ["LATCHKEY_SECRET", `${KEY},hunter2`, "is not 32 bytes in base64url (43 characters), key 2 of 2"],
  ["LATCHKEY_OPERATOR_TOKEN", "t".repeat(31), "is shorter than 32 characters"],
  [
    "LATCHKEY_OPERATOR_TOKEN",
    `${TOKEN} ${TOKEN}`,
    "is longer than 512 characters or has one that no header can carry",
  ],
  [
    "LATCHKEY_OPERATOR_TOKEN",
    "t".repeat(513),
    "is longer than 512 characters or has one that no header can carry",
  ],
  [
    "LATCHKEY_DATABASE_URL",
    "mysql://u:hunter2@h/d",
    "is neither `sqlite:PATH` nor a postgres:// URL",
  ],
  ["LATCHKEY_DATABASE_URL", "postgres://u:hunter2%zz@h/d", "has a `%` that cannot be decoded"],
  [
    "LATCHKEY_DATABASE_URL",
    "postgres://u:hunter2@h/d?sslmode=verify_full",
    "has an sslmode that is none of disable, prefer, require, verify-ca, verify-full, no-verify",
  ],
  ["LATCHKEY_DATABASE_URL", "sqlite::hunter2:", "names no file: a database lives on disk"],
  ["LATCHKEY_REDIS_URL", "http://u:hunter2@h", "is not a redis:// or rediss:// URL"],
  ["LATCHKEY_REDIS_URL", "redis://u:hunter2@h/cache", REDIS_FORM],
  ["LATCHKEY_REDIS_URL", "redis://u:hunter2@h?db=1", REDIS_FORM],
  ["LATCHKEY_REDIS_URL", "redis://u:hunter2%zz@h", REDIS_FORM],
  ["LATCHKEY_REDIS_URL", "redis://u:hunter2%ff@h", REDIS_FORM],
  ["LATCHKEY_SMTP_URL", "mail:hunter2", "is not a smtp:// or smtps:// URL"],
  ["LATCHKEY_SMTP_URL", "smtp://", SMTP_FORM],
  ["LATCHKEY_SMTP_URL", "smtps://u:hunter2@h/inbox", SMTP_FORM],
  ["LATCHKEY_SMTP_URL", "smtps://u:hunter2%@h", SMTP_FORM],
  ["LATCHKEY_TRUSTED_PROXIES", "http://u:hunter2@h", `lists something that ${NO_NETWORK}`],
  ["LATCHKEY_TRUSTED_PROXIES", "::1,http://hunter2,@h", `lists something that ${NO_NETWORK}`],
  ["LATCHKEY_TRUSTED_PROXIES", "http://u:hunter2\n@h", `lists something that ${NO_NETWORK}`],
  [
    "LATCHKEY_OUTBOUND_ALLOW",
    "hooks.acme,http://u:hunter2@h",
    `lists something that is no host name, and ${NO_NETWORK}`,
  ],
])("refuses a bad %s without showing it", (name, value, fault) => {
  const message = faultOf(() => dev({ [name]: value }));
  expect(message).toMatch(new RegExp(`^${name} `));
  expect(message).toContain(`${name} ${fault}; for example ${name}=`);
  expect(message).not.toContain(value);
  expect(message).not.toContain("hunter2");
});

test("reads a mail server with a sender, and refuses it without one", () => {
  const LATCHKEY_SMTP_URL = "smtps://u:hunter2@mail:465";
  const both = { LATCHKEY_SMTP_URL, LATCHKEY_MAIL_FROM: "auth@acme.com" };
  expect(dev(both)).toMatchObject({ smtpUrl: LATCHKEY_SMTP_URL, mailFrom: "auth@acme.com" });
  const message = faultOf(() => dev({ LATCHKEY_SMTP_URL }));
  expect(message).toMatch(/^LATCHKEY_MAIL_FROM is required with LATCHKEY_SMTP_URL; /);
  expect(message).not.toContain("hunter2");
});

test("refuses a database without a name", () => {
  const fault = "names no file after `sqlite:`";
  expect(faultOf(() => dev({ LATCHKEY_DATABASE_URL: "sqlite:" }))).toContain(fault);
});

test("attributes a fault of a kept secret to its setting", () => {
  const devSecrets: DevSecrets = {
    ...DEV_SECRETS,
    masterKeys: () => {
      throw new ValueFault("is kept in a file that is damaged");
    },
  };
  const message = faultOf(() => readSettings({}, { mode: "dev", devSecrets }));
  expect(message).toMatch(/^LATCHKEY_SECRET is kept in a file that is damaged; for example /);
});

test("warns of a name that is none, with the nearest one", () => {
  const env = {
    LATCHKEY_PROT: "4000",
    LATCHKEY_FAVOURITE_COLOUR: "red",
    LATCHKEY_PORT: "4000",
    PORT: "4000",
  };
  expect(settingWarnings(env, dev({}))).toEqual([
    'LATCHKEY_PROT is not a setting; did you mean "LATCHKEY_PORT"?',
    "LATCHKEY_FAVOURITE_COLOUR is not a setting",
  ]);
});

test.each([
  ["a public URL with https and no proxy", { LATCHKEY_PUBLIC_URL: "https://a.example" }, 1],
  ["https demanded and no proxy", { LATCHKEY_REQUIRE_HTTPS: "true" }, 1],
  [
    "a proxy",
    { LATCHKEY_PUBLIC_URL: "https://a.example", LATCHKEY_TRUSTED_PROXIES: "127.0.0.1" },
    0,
  ],
  ["no https", {}, 0],
])("warns of a facade that no request can reach: %s", (_what, env, warnings) => {
  const found = settingWarnings({}, serve({ LATCHKEY_SECRET: KEY, ...env }));
  expect(found).toEqual(
    Array(warnings).fill(expect.stringMatching(/^LATCHKEY_TRUSTED_PROXIES names no proxy/)),
  );
  expect(settingWarnings({}, dev(env))).toEqual([]);
});

test("the reference page has exactly the settings there are, in their words", () => {
  const page = new URL("../../docs/reference/settings.md", import.meta.url);
  const rows = readFileSync(page, "utf8").match(/^\| `.*$/gm);
  const expected = Object.values(SETTINGS).map(({ name, meaning, fallback, example }) => {
    const shown = `\`${example.replaceAll("|", "\\|")}\``;
    return `| \`${name}\` | ${meaning} | ${fallback} | ${shown} |`;
  });
  expect(rows).toEqual(expected);
});

test.each(Object.values(SETTINGS).filter(({ example }) => !example.startsWith("$")))(
  "accepts its own example of $name",
  ({ parse, example }) => {
    expect(() => parse(example.replaceAll("'", ""))).not.toThrow();
  },
);
