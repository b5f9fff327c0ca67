import { profiles } from "@latchkey/engine";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Question } from "../answer.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { FRAMEWORKS, listen, type ProtectedServer } from "./protected-servers.ts";

const PROFILES = Object.keys(profiles);
const CHOSEN: Readonly<Record<string, { path: string; header: (key: string) => object }>> = {
  standard: { path: "/v2/users?limit=5", header: (key) => ({ authorization: `Bearer ${key}` }) },
  savvycal: { path: "/v1/links", header: (key) => ({ authorization: `Bearer ${key}` }) },
  calcom: { path: "/v2/schedules", header: (key) => ({ authorization: `Bearer ${key}` }) },
  "signed-keys": { path: "/things", header: (key) => ({ "x-api-key": key }) },
};

let server: RunningServer;
const verifiers = new Map<string, Verifier>();
const keys: Record<string, { good: string; spent: string }> = {};
beforeAll(async () => {
  server = await startServer({
    policy: { apis: PROFILES.map((name) => ({ slug: name, extends: name })) },
  });
  for (const api of PROFILES) {
    const scopes = Object.keys(profiles[api as keyof typeof profiles].scopes ?? {});
    const { key: good } = await server.issueKey({ scopes }, api);
    const { key: spent } = await server.issueKey({ scopes, limits: ["1/hour"] }, api);
    keys[api] = { good, spent };
    const url = `http://127.0.0.1:${server.port}`;
    const verifier = await createVerifier({ url, token: server.operatorToken, api });
    verifiers.set(api, verifier);
    // Whoever counts, and however far the verifier counts by itself: it is spent everywhere.
    const path = CHOSEN[api]?.path ?? "";
    await server.ask({ path: `/${api}${path}`, headers: headersOf(api, spent) });
    const headers = Object.entries(headersOf(api, spent)).flat();
    const request = { method: "GET", target: path, headers, address: "127.0.0.1", secure: true };
    await verifier.verify(request);
  }
});
afterAll(async () => {
  await Promise.all([...verifiers.values()].map((verifier) => verifier.close()));
  await server?.stop();
});

const headersOf = (api: string, key: string) =>
  ({ ...CHOSEN[api]?.header(key), "x-request-id": "req-1" }) as Record<string, string>;

/** What belongs to the process that answers, or to the moment, and not to the refusal. */
const OWN = /^(date|connection|keep-alive|x-content-type-options)$/;

/** When a window of an hour that began a moment ago ends: an instant, or seconds from now. */
const WITHIN_THE_HOUR = /\b(\d{10}|3600|35\d\d)\b/g;

function comparable({ status, headers, text }: Answer): object {
  const theirs = Object.entries(headers)
    .filter(([name]) => !OWN.test(name))
    .map(([name, value]) => [name, value.replace(WITHIN_THE_HOUR, "hour")]);
  return {
    status,
    headers: { ...Object.fromEntries(theirs), "x-request-id": "" },
    text: text.replace(/"timestamp":"[^"]*"/, ""),
  };
}

describe.each(Object.keys(FRAMEWORKS))("%s", (framework) => {
  const apis = new Map<string, ProtectedServer>();
  beforeAll(async () => {
    for (const api of PROFILES) {
      const verifier = verifiers.get(api);
      const make = FRAMEWORKS[framework];
      if (verifier === undefined || make === undefined) throw new Error(`no ${api}`);
      apis.set(api, await listen(await make(verifier)));
    }
  });
  afterAll(() => Promise.all([...apis.values()].map((each) => each.close())));

  function ask(api: string, question: Partial<Question> = {}): Promise<Answer> {
    const adapted = apis.get(api);
    if (adapted === undefined) throw new Error(`no ${api}`);
    return adapted.ask({ path: CHOSEN[api]?.path ?? "/", ...question });
  }

  test.each(PROFILES)("lets what %s allows pass, with the headers of the decision", async (api) => {
    const answer = await ask(api, { headers: headersOf(api, keys[api]?.good ?? "") });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toMatchObject({ principal: { accountId: "acct_test" } });
    expect(answer.headers["x-request-id"]).toBeDefined();
  });

  test.each(
    PROFILES.flatMap((api) => [
      [api, "nothing is presented", {}] as const,
      [api, "nobody knows the key", headersOf(api, "nobody")] as const,
      [api, "the limit is spent", "spent"] as const,
      [api, "a path cannot be read in one way", "path"] as const,
    ]),
  )("refuses as the facade of %s does when %s", async (api, _when, what) => {
    const path = what === "path" ? "/a%2Fb" : (CHOSEN[api]?.path ?? "");
    const key = what === "spent" ? keys[api]?.spent : keys[api]?.good;
    const headers = typeof what === "string" ? headersOf(api, key ?? "") : what;
    const facade = await server.ask({ path: `/${api}${path}`, headers });
    expect(facade.status).toBeGreaterThanOrEqual(400);
    expect(comparable(await ask(api, { path, headers }))).toEqual(comparable(facade));
  });

  test("answers a preflight before any decision", async () => {
    const headers = { origin: "https://a.example", "access-control-request-method": "POST" };
    const answer = await ask("standard", { method: "OPTIONS", headers });
    expect([answer.status, answer.text]).toEqual([204, ""]);
  });

  test("refuses a credential that is sent twice", async () => {
    const bearer = `Bearer ${keys.standard?.good}`;
    const headers = { authorization: [bearer, bearer] };
    expect((await ask("standard", { headers })).status).toBeGreaterThanOrEqual(400);
  });
});
