import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { sharedJwt } from "../signed-jwt.ts";

const API = "/v1/apis/standard";
const VERIFIER = "vrf_000000000000000000000001";

let server: RunningServer;
const tokens = new Map<string, string>();
beforeAll(async () => {
  server = await startServer();
  for (const role of ["viewer", "verifier"]) tokens.set(role, await newToken(role, ["standard"]));
  tokens.set("another API's", await newToken("verifier", ["calcom"]));
});
afterAll(() => server?.stop());

async function newToken(role: string, apis: readonly string[]): Promise<string> {
  const body = { name: role, role, apis };
  return (await server.operator("POST", "/v1/operator-tokens", body)).json.token;
}

function call(who: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { authorization: `Bearer ${tokens.get(who) ?? who}` };
  return server.ask({ method, path: `${API}${path}`, headers, body });
}

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const aCount = (changes: object = {}) => ({
  accountId: TEST_ACCOUNT,
  credentialId: "key_1",
  hour: new Date().toISOString(),
  allowed: 1,
  denied: 0,
  lastAllowedAt: null,
  clientVersion: null,
  ...changes,
});

const LEASE = { verifier: VERIFIER, appliedSeq: 0 };
/** Of a limit that no policy has: such as a key's own. */
const SLICE = {
  limit:
    '["standard","apiKey","credential","any",' +
    '[{"blockSeconds":0,"max":9,"name":"w","windowSeconds":60}]]',
  key: Buffer.from("key_of_nobody").toString("base64url"),
  need: 1,
  spare: 0,
};
const CALLS = {
  "POST /leases": LEASE,
  "POST /resolve": { questions: [{ about: "account", name: TEST_ACCOUNT }] },
  "POST /slices": { slices: [{ ...SLICE, need: 0 }] },
  "POST /usage": { counts: [aCount()] },
  "GET /verifiers": undefined,
} as const;

/** The statuses of every call but the one without an end, by one token. */
async function statuses(who: string) {
  const answers = Object.entries(CALLS).map(async ([line, body]) => {
    const [method = "", path = ""] = line.split(" ");
    return [line, (await call(who, method, path, body)).status] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

test.each([
  ["verifier", [200, 200, 200, 204, 403]],
  ["viewer", [403, 403, 403, 403, 200]],
  ["another API's", [404, 404, 404, 404, 404]],
  ["nobody", [401, 401, 401, 401, 401]],
])("a token of the kind %s", async (who, expected) => {
  expect(await statuses(who)).toEqual(
    Object.fromEntries(Object.keys(CALLS).map((line, i) => [line, expected[i]])),
  );
});

test.each([
  ["viewer", 403],
  ["another API's", 404],
  ["nobody", 401],
])("the changes are not for %s", async (who, status) => {
  expect((await call(who, "GET", "/changes")).status).toBe(status);
});

test("lists who holds a lease, with how far it is behind", async () => {
  await call("verifier", "POST", "/leases", LEASE);
  const { json } = await call("viewer", "GET", "/verifiers");
  const head = (await call("verifier", "POST", "/leases", LEASE)).json.head;
  expect(json.data).toMatchObject([{ id: VERIFIER, appliedSeq: 0, lag: head, status: "leased" }]);
  await call("verifier", "POST", "/leases", { ...LEASE, ends: true });
  expect((await call("viewer", "GET", "/verifiers")).json.data).toEqual([]);
});

test("who tells how far it has come is granted nothing", async () => {
  const { json: granted } = await call("verifier", "POST", "/leases", LEASE);
  const before = (await call("viewer", "GET", "/verifiers")).json.data[0];
  const told = { ...LEASE, appliedSeq: granted.head, tells: true };
  const { json } = await call("verifier", "POST", "/leases", told);
  expect(json).toEqual({ head: granted.head, leaseSeconds: 0, tellAfterMillis: 20 });
  const after = { ...before, appliedSeq: granted.head, lag: 0 };
  expect((await call("viewer", "GET", "/verifiers")).json.data).toEqual([after]);
  await call("verifier", "POST", "/leases", { ...LEASE, ends: true });
});

test("grants no lease to who tells of changes that are yet to come, and writes nothing", async () => {
  const { head } = (await call("verifier", "POST", "/leases", LEASE)).json;
  await call("verifier", "POST", "/leases", { ...LEASE, ends: true });
  const early = { ...LEASE, appliedSeq: head + 1 };
  const { status, json } = await call("verifier", "POST", "/leases", early);
  expect([status, json.error.code]).toEqual([409, "CONFLICT"]);
  expect(json.error.message).toContain("appliedSeq");
  expect((await call("viewer", "GET", "/verifiers")).json.data).toEqual([]);
  const { components, paths } = (await server.operator("GET", "/openapi.json")).json;
  const { responses } = paths["/v1/apis/{api}/leases"].post;
  expect([components !== undefined, responses["409"] !== undefined]).toEqual([true, true]);
});

describe("resolve", () => {
  const ask = async (...questions: object[]) =>
    (await call("verifier", "POST", "/resolve", { questions })).json;

  test("tells what a decision needs, in the order of the questions, and what there is not", async () => {
    const { id, key } = await server.issueKey({ scopes: ["read:users"] });
    const { answers } = await ask(
      { about: "user", name: "user_0" },
      { about: "credential", scheme: "api-key", name: digest(key) },
      { about: "credential", scheme: "customer-jwt", name: digest(key) },
    );
    expect(answers).toMatchObject([{}, { credential: { id, scopes: ["read:users"] } }, {}]);
    expect(answers.map((answer: object) => Object.keys(answer).sort())).toEqual([
      ["asOf"],
      ["account", "asOf", "credential"],
      ["asOf"],
    ]);
  });

  test("keeps secrets that sign to itself, sealed or not", async () => {
    const draft = { accountId: TEST_ACCOUNT, issuer: "https://issuer.example.com" };
    const { secret } = await server.create("standard", "jwt-secrets", draft);
    const question = {
      about: "credential",
      scheme: "shared-secret-jwt",
      name: digest(draft.issuer),
    };
    const answer = await call("verifier", "POST", "/resolve", { questions: [question] });
    expect(answer.json.answers[0].material).toEqual({ kind: "withheld" });
    expect(answer.text).not.toContain(secret);
    expect(answer.text).not.toContain("sealed");
  });

  describe("of a signature", () => {
    const issuer = "https://signer.example.com";
    const asked = (changes: object = {}) => ({
      about: "signature",
      scheme: "shared-secret-jwt",
      name: digest(issuer),
      ...changes,
    });
    let id: string;
    let signed: { readonly text: string; readonly signature: string };
    beforeAll(async () => {
      const draft = { accountId: TEST_ACCOUNT, issuer };
      const made = await server.create("standard", "jwt-secrets", draft);
      id = made.id;
      const [header = "", claims = "", signature = ""] = sharedJwt(made.secret, {}).split(".");
      signed = { text: `${header}.${claims}`, signature };
    });

    test("tells whether it was made with the secret, and of which", async () => {
      const { answers } = await ask(
        asked(signed),
        asked({ ...signed, text: `${signed.text}x` }),
        asked({ ...signed, name: digest("https://nobody.example.com") }),
        asked({ ...signed, scheme: "api-key" }),
      );
      const ofIt = { credentialId: id, generation: 1 };
      expect(answers.map(({ signature }: { signature?: object }) => signature)).toEqual([
        { ...ofIt, verdict: { outcome: "proven" } },
        { ...ofIt, verdict: "failed" },
        undefined,
        undefined,
      ]);
    });

    test.each([
      ["what was signed", { signature: "AQID" }, "questions[0].text"],
      ["the signature itself", { text: "a.b" }, "questions[0].signature"],
      ["a scheme", { scheme: undefined, text: "a.b" }, "questions[0].scheme"],
    ])("refuses one without %s, and names the field", async (_what, changes, field) => {
      const { error } = await ask(asked(changes));
      expect([error.code, error.details]).toEqual(["INVALID_REQUEST", { field }]);
    });

    test.each([
      ["longer than any token", { text: "a".repeat(8193) }],
      ["that is no base64url", { signature: "a+b" }],
    ])("refuses one %s", async (_what, changes) => {
      expect((await ask(asked({ ...signed, ...changes }))).error.code).toBe("INVALID_REQUEST");
    });
  });

  test.each([
    ["a scheme", { about: "credential", name: digest("x") }, "questions[0].scheme"],
    ["a digest", { about: "credential", scheme: "api-key", name: "x" }, "questions[0].name"],
  ])("refuses a credential without %s, and names the field", async (_what, question, field) => {
    const { error } = await ask(question);
    expect([error.code, error.details]).toEqual(["INVALID_REQUEST", { field }]);
  });

  test("refuses more than 64 questions", async () => {
    const many = Array.from({ length: 65 }, () => ({ about: "account", name: "acct_1" }));
    expect((await ask(...many)).error.code).toBe("INVALID_REQUEST");
  });
});

describe("slices", () => {
  const ask = async (...slices: object[]) => call("verifier", "POST", "/slices", { slices });

  test("counts what waits, and lends nothing where the policy does not say so", async () => {
    const { json } = await ask({ ...SLICE, need: 10, spare: 5 }, { ...SLICE, need: 0 });
    const full = { remaining: 0, resetMillis: 60_000 };
    const counted = { granted: 9, lent: 0, exceeded: true, windows: [full], decidedBy: "local" };
    expect(json.slices[0]).toEqual(counted);
    expect(json.slices[1]).toMatchObject({ granted: 0, exceeded: true });
  });

  const other = SLICE.limit.replace('"standard"', '"calcom"');
  test.each([
    ["of another API", { limit: other }, "slices[1].limit"],
    ["that none can have", { limit: SLICE.limit.replace('"max":9', '"max":0') }, "slices[1].limit"],
    ["for less than nothing", { need: -1 }, undefined],
    ["for more than is asked at once", { spare: 65_537 }, undefined],
    ["for a key that is no base64url", { key: "a b" }, undefined],
  ])("refuses one %s, and counts none of the others", async (_what, changes, field) => {
    const key = Buffer.from(JSON.stringify(changes)).toString("base64url");
    const { status, json } = await ask({ ...SLICE, key }, { ...SLICE, ...changes });
    expect([status, json.error.code]).toEqual([400, "INVALID_REQUEST"]);
    if (field !== undefined) expect(json.error.details).toEqual({ field });
    const [counted] = (await ask({ ...SLICE, key, need: 0 })).json.slices;
    expect(counted.windows).toEqual([{ remaining: 9, resetMillis: 0 }]);
  });
});

describe("reported usage", () => {
  const HOUR = 3_600_000;

  test.each([
    ["of tomorrow", { hour: new Date(Date.now() + HOUR).toISOString() }, "counts[0].hour"],
    ["of last week", { hour: new Date(Date.now() - 49 * HOUR).toISOString() }, "counts[0].hour"],
    ["without an end", { lastAllowedAt: "9999-01-01T00:00:00Z" }, "counts[0].lastAllowedAt"],
  ])("%s is refused, and nothing is written", async (_what, changes, field) => {
    const credentialId = "key_never";
    const counts = [aCount({ credentialId, ...changes })];
    const { status, json } = await call("verifier", "POST", "/usage", { counts });
    expect([status, json.error.details]).toEqual([400, { field }]);
    const usage = await server.operator("GET", `${API}/usage?credentialId=${credentialId}`);
    expect(usage.json.data ?? []).toEqual([]);
  });

  test.each([
    ["with a time that is none", { totalMicros: -1 }],
    ["with more time than can be", { maxMicros: 1e12 + 1 }],
    ["with a part of a decision", { buckets: [0.5] }],
    ["with more buckets than there are", { buckets: new Array(53).fill(1) }],
    ["with a bucket that counts back", { buckets: [-1] }],
    ["with another member", { p99: 1 }],
  ])("%s is refused, and nothing is written", async (_what, changes) => {
    const latency = { totalMicros: 1, maxMicros: 1, buckets: [1], ...changes };
    const credentialId = "key_never";
    const counts = [aCount({ credentialId, latency })];
    const { status, json } = await call("verifier", "POST", "/usage", { counts });
    expect([status, json.error.code]).toEqual([400, "INVALID_REQUEST"]);
    const usage = await server.operator("GET", `${API}/usage?credentialId=${credentialId}`);
    expect(usage.json.data).toEqual([]);
  });

  test.each(["key_1:acct_1", "key 1", "others", "", `key_${"1".repeat(65)}`, "key_\u{1f600}"])(
    "of %j, which no credential is called, is refused: pages of usage begin with such names",
    async (credentialId) => {
      const counts = [aCount({ credentialId })];
      const { status, json } = await call("verifier", "POST", "/usage", { counts });
      const details = { field: "counts[0].credentialId" };
      expect([status, json?.error.details]).toEqual([400, details]);
    },
  );

  test("with the time of decisions is what overview and usage tell of it", async () => {
    const { id, accountId } = await server.issueKey();
    const latency = { totalMicros: 4000, maxMicros: 3000, buckets: [0, 0, 0, 0, 0, 0, 0, 0, 10] };
    const counts = [aCount({ accountId, credentialId: id, latency }), aCount()];
    expect((await call("verifier", "POST", "/usage", { counts })).status).toBe(204);
    const { json } = await server.operator("GET", `${API}/overview?accountId=${accountId}`);
    expect(json.latency.whole).toMatchObject({ decisions: 10, p50Micros: 5, p99Micros: 6 });
    const times = { decisions: 10, meanMicros: 400, maxMicros: 3000 };
    expect(json.slowest).toMatchObject([{ credentialId: id, accountId, ...times }]);
    const usage = await server.operator("GET", `${API}/usage?credentialId=${id}`);
    expect(usage.json.data).toMatchObject([{ outcome: "allow", latency: times }]);
  });

  test("told twice under one name it counts once", async () => {
    const { id } = await server.issueKey();
    const headers = {
      authorization: `Bearer ${tokens.get("verifier")}`,
      "idempotency-key": "batch-1",
    };
    const body = { counts: [aCount({ credentialId: id, allowed: 5 })] };
    for (let n = 0; n < 2; n += 1) {
      const told = await server.ask({ method: "POST", path: `${API}/usage`, headers, body });
      expect(told.status).toBe(204);
    }
    const usage = await server.operator("GET", `${API}/usage?credentialId=${id}`);
    expect(usage.json.data).toMatchObject([{ outcome: "allow", count: 5 }]);
  });
});
