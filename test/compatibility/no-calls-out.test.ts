import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { newKey, profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { es } from "../hostile/token-keys.ts";
import { WATCH_OUTGOING } from "../outgoing-watch.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { sharedJwt, signedJwt, unixNow, userJwt } from "../signed-jwt.ts";

// Checklist 6.5 of the compatibility document, line 5.

const ELSEWHERE = "http://127.0.0.1:59999";

describe("the watch sees", () => {
  test.each([
    ["a connection", 'fetch("http://127.0.0.1:59999").catch(() => {})', "TCPCONNECTWRAP"],
    ["a name", 'import("node:dns").then((d) => d.lookup("x.invalid", () => {}))', "GETADDRINFO"],
    ["a query", 'import("node:dns").then((d) => d.resolve("x.invalid", () => {}))', "QUERYWRAP"],
    [
      "a datagram",
      'import("node:dgram").then((d) => { const s = d.createSocket("udp4"); ' +
        's.send("x", 9, "127.0.0.1", () => s.close()); })',
      "UDPWRAP",
    ],
    ["a process", 'import("node:child_process").then((c) => c.exec("true"))', "PROCESSWRAP"],
    [
      "a connection of a worker",
      'import("node:worker_threads").then((w) => new w.Worker(' +
        "new URL(\"data:text/javascript,fetch('http://127.0.0.1:59999').catch(()=>{})\")))",
      "TCPCONNECTWRAP",
    ],
  ])("%s", (_what, program, handle) => {
    const env = { NODE_OPTIONS: WATCH_OUTGOING, PATH: "/usr/bin:/bin" };
    const { stderr } = spawnSync(process.execPath, ["-e", program], { env, timeout: 20_000 });
    expect(stderr.toString()).toContain(`outgoing: ${handle}`);
  });

  test("and nothing in a process that only computes", () => {
    const env = { NODE_OPTIONS: WATCH_OUTGOING };
    const { stderr } = spawnSync(process.execPath, ["-e", "1 + 1"], { env });
    expect(stderr.toString()).toBe("");
  });
});

let server: RunningServer;
beforeAll(async () => {
  const apis = Object.keys(profiles).map((name) => ({ slug: name, extends: name, failures: [] }));
  server = await startServer({ policy: { apis }, env: { NODE_OPTIONS: WATCH_OUTGOING } });
});
afterAll(() => server?.stop());

type Headers = Readonly<Record<string, string>>;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Good and bad credentials of each kind, by profile: good ones first. */
const CREDENTIALS: Readonly<
  Record<string, { readonly path: string; make(): Promise<readonly [number, Headers][]> }>
> = {
  standard: {
    path: "/v2/auth/test",
    async make() {
      const { key } = await server.issueKey();
      // Its issuer is an address that could be asked for keys.
      const draft = { accountId: TEST_ACCOUNT, issuer: ELSEWHERE };
      const { secret } = await server.create("standard", "jwt-secrets", draft);
      const claims = { iss: ELSEWHERE, sub: "x" };
      const unknown = newKey(KEY_FORMAT, "live").key;
      return [
        [200, bearer(key)],
        [200, bearer(sharedJwt(secret, claims))],
        [401, bearer(unknown)],
        [401, bearer(sharedJwt(secret, { ...claims, iss: `${ELSEWHERE}/other` }))],
        [401, bearer("opaque-token-of-somebody-else")],
        [401, {}],
      ];
    },
  },
  savvycal: {
    path: "/v1/appointments",
    async make() {
      const { key } = await server.issueKey({}, "savvycal");
      const draft = { accountId: TEST_ACCOUNT, name: "x" };
      const signing = await server.create("savvycal", "signing-keys", draft);
      await server.create("savvycal", "users", { id: "user_x", accountId: TEST_ACCOUNT });
      const claims = { sub: "user_x", exp: unixNow() + 60, iss: ELSEWHERE };
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const strange = (header: object) =>
        bearer(signedJwt({ alg: "ES256", ...header }, claims, es(privateKey)));
      return [
        [200, bearer(key)],
        [200, bearer(userJwt(signing, claims))],
        [401, strange({ kid: "kid_unknown" })],
        [401, strange({ kid: `${ELSEWHERE}/keys` })],
        [401, strange({ kid: signing.id, jku: `${ELSEWHERE}/keys` })],
        [401, strange({ kid: signing.id, x5u: `${ELSEWHERE}/chain` })],
        [401, strange({ jku: `${ELSEWHERE}/keys` })],
      ];
    },
  },
  calcom: {
    path: "/v2/bookings/x",
    async make() {
      const platform = { name: "Platform", kind: "platform", plan: "SCALE" };
      const { id: accountId } = await server.create("calcom", "accounts", platform);
      const { key } = await server.issueKey({ accountId }, "calcom");
      const { clientId, clientSecret } = await server.create("calcom", "applications", {
        accountId,
        name: "Client",
        kind: "platform",
        permissions: ["*"],
        redirectUris: [ELSEWHERE],
        logo: `${ELSEWHERE}/logo.png`,
        homePage: ELSEWHERE,
      });
      const pair = (id: string, secret: string) => ({
        "x-cal-client-id": id,
        "x-cal-secret-key": secret,
      });
      return [
        [200, bearer(key)],
        [200, { authorization: key }],
        [200, pair(clientId, clientSecret)],
        [401, pair(clientId, "wrong")],
        [401, pair(ELSEWHERE, clientSecret)],
        [401, { ...bearer("managed-user-token"), origin: ELSEWHERE }],
        [401, bearer(sharedJwt("x", { iss: ELSEWHERE }))],
      ];
    },
  },
  "signed-keys": {
    path: "/auth/test",
    async make() {
      const organization = { name: "Organization", kind: "organization" };
      const { id: accountId } = await server.create("signed-keys", "accounts", organization);
      const draft = { accountId, signing: "required" };
      const { key, signingSecret = "" } = await server.issueKey(draft, "signed-keys");
      const app = await server.create("signed-keys", "organization-keys", { accountId });
      const own = { "x-signature": sharedJwt(signingSecret, { key, iss: ELSEWHERE }) };
      const theirs = {
        "x-app-key": app.appKey,
        "x-app-signature": sharedJwt(app.appSecret, { key: app.appKey }),
      };
      return [
        [200, { "x-api-key": key, ...own }],
        [200, { "x-api-key": key, ...theirs }],
        [401, { "x-api-key": key }],
        [401, { "x-api-key": key, "x-signature": sharedJwt("x", { key }) }],
        [401, { "x-api-key": key, ...theirs, "x-app-key": ELSEWHERE }],
      ];
    },
  },
};
const KEY_FORMAT = { live: "lk_live_", test: "lk_test_", form: "checksummed" } as const;

test("every profile there is is tried", () => {
  expect(Object.keys(CREDENTIALS)).toEqual(Object.keys(profiles));
});

test.each(Object.entries(CREDENTIALS))(
  "6.5.5 no decision of %s calls anything outside the deployment",
  async (api, { path, make }) => {
    const before = calls();
    for (const [status, headers] of await make()) {
      const request = { method: "GET", url: path, headers, ip: "127.0.0.1" };
      const verify = (explain: boolean) =>
        server.operator("POST", `/v1/apis/${api}/verify`, { request, explain });
      const answers: readonly Answer[] = [
        await server.ask({ path: `/${api}${path}`, headers }),
        // Once more, from what is remembered.
        await server.ask({ path: `/${api}${path}`, headers }),
        await server.ask({
          path: `/v1/apis/${api}/forward-auth${path}`,
          headers: { ...headers, "x-latchkey-token": server.operatorToken },
        }),
        (await verify(false)).json,
        (await verify(true)).json,
      ];
      expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status));
    }
    expect(calls()).toEqual(before);
  },
);

/** What the server began; its own start may look for things, decisions may not. */
function calls(): readonly string[] {
  return server
    .log()
    .split("\n")
    .filter((line) => line.startsWith("outgoing: "));
}
