import { generateKeyPairSync } from "node:crypto";
import {
  type ApiDefinition,
  type CredentialAnswer,
  createLeasedLimiter,
  type Decision,
  type LeaseAnswer,
  type Source,
} from "@latchkey/engine";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { aCredential, anAnswer, aPolicy, aRequest, NOW } from "../testing/known-key.ts";
import { createDecider, type Decider } from "./decider.ts";
import { createKnownApi, type KnownApi } from "./known-api.ts";
import type { OnlineDecision } from "./online.ts";

/** What the server decides, when it is asked to. */
const SERVERS: OnlineDecision = {
  decision: { outcome: "deny", reason: "credential_revoked" } as Decision,
  rendered: { status: 401, headers: ["X-From", "server"], body: "{}" },
};

let now: number;
let holds: boolean;
let stale: boolean;
/** What the source answers; each question is kept until it is taken. */
let questions: PromiseWithResolvers<CredentialAnswer>[];
let server: OnlineDecision | "unfit" | undefined;
let askedServer: number;
let counted: string[];
/** What the server's counters say to whoever borrows; nothing: they do not answer. */
let lent: LeaseAnswer | undefined;
let unable: string[];
let api: KnownApi;
let decider: Decider;
beforeEach(() => {
  now = NOW;
  holds = true;
  stale = false;
  questions = [];
  server = SERVERS;
  askedServer = 0;
  counted = [];
  lent = undefined;
  unable = [];
  open();
});

const helloWith = (policy: unknown) => ({
  seq: 1,
  policy: { version: 1, digest: "1", policy },
  issuerKeys: { keys: [] },
});

function open(changes: Partial<ApiDefinition> = {}): void {
  const unasked = () => Promise.reject(new Error("nobody asks this here"));
  const source: Source = {
    credential: () => {
      const question = Promise.withResolvers<CredentialAnswer>();
      questions.push(question);
      return question.promise;
    },
    account: unasked,
    user: unasked,
  };
  const lease = { holds: () => holds || stale, age: () => 4000 };
  api = createKnownApi({
    source,
    lease,
    leased: createLeasedLimiter({
      ask: async () => lent ?? Promise.reject(new Error("no answer")),
      clock: () => now,
      monotonic: () => now,
      maxKeys: 100,
    }),
    clock: () => now,
    requireTls: false,
    capacity: 100,
    onUnable: ({ message }) => unable.push(message),
  });
  api.adopt(helloWith(aPolicy(changes)));
  decider = createDecider({
    api,
    keeper: {
      lease,
      enter(staleSeconds = 0) {
        stale = staleSeconds > 0;
        return holds || stale;
      },
      leave() {
        stale = false;
      },
    },
    online: {
      decide: async () => {
        askedServer += 1;
        return server;
      },
    },
    clock: () => now,
    requestIdOf: () => "id",
    count: ({ outcome }) => counted.push(outcome),
  });
}

const told = (decision: Decision) =>
  decision.outcome === "allow" ? decision.outcome : decision.reason;
const outcome = async () => told(await decider.verify(aRequest()));
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Makes the key known. */
async function learn(answer: CredentialAnswer = anAnswer(1)): Promise<void> {
  const first = outcome();
  questions.at(-1)?.resolve(answer);
  expect(await first).toBe("allow");
}

test("what is known is decided without a promise, and counted here", async () => {
  await learn();
  expect(decider.verify(aRequest())).toMatchObject({ outcome: "allow" });
  expect([questions.length, askedServer, counted]).toEqual([1, 0, ["allow", "allow"]]);
});

test("several first sights of one key ask once", async () => {
  const all = Array.from({ length: 20 }, outcome);
  questions[0]?.resolve(anAnswer(1));
  expect(new Set(await Promise.all(all))).toEqual(new Set(["allow"]));
  expect(questions).toHaveLength(1);
});

describe("a revocation that arrives while its key is being asked about", () => {
  const revoked = { kind: "credential", seq: 2, state: aCredential({ revokedAt: NOW }) };

  test("is not undone by the answer that was read before it", async () => {
    const first = outcome();
    api.apply(revoked);
    questions[0]?.resolve(anAnswer(1));
    await turn();
    // It was asked again, and only what was read after the change counts.
    questions[1]?.resolve(anAnswer(2, { revokedAt: NOW }));
    expect(await first).toBe("credential_revoked");
  });

  test("and again each time makes nobody pass: the server decides", async () => {
    const first = outcome();
    for (let n = 0; n < 3; n += 1) {
      api.apply({ ...revoked, seq: 2 + n });
      questions[n]?.resolve(anAnswer(1));
      await turn();
    }
    expect(await first).toBe("credential_revoked");
    expect([questions.length, askedServer]).toEqual([3, 1]);
  });
});

test.each([
  ["a revocation", aCredential({ revokedAt: NOW }), "credential_revoked"],
  ["an expiry", aCredential({ expiresAt: NOW }), "credential_expired"],
  ["fewer scopes", aCredential({ scopes: [] }), "scope_insufficient"],
  ["a smaller network", aCredential({ allowedIps: ["198.51.100.0/24"] }), "address_not_allowed"],
])("%s counts at the very next request", async (_what, state, reason) => {
  await learn();
  api.apply({ kind: "credential", seq: 2, state });
  expect(told(decider.verify(aRequest()) as Decision)).toBe(reason);
});

test("a suspended account counts at the very next request", async () => {
  await learn();
  const state = { ...anAnswer(1).account, status: "suspended" };
  api.apply({ kind: "account", seq: 2, state });
  expect(told(decider.verify(aRequest()) as Decision)).toBe("account_suspended");
});

test("a policy that came while a key was asked about decides, not the one before", async () => {
  const first = outcome();
  const policy = aPolicy({ endpoints: [{ match: "/v2/users", scopes: ["admin:all"] }] });
  api.apply({ kind: "policy", seq: 2, state: { version: 2, digest: "2", policy } });
  questions[0]?.resolve(anAnswer(1));
  await turn();
  questions[1]?.resolve(anAnswer(2));
  expect(await first).toBe("scope_insufficient");
});

test("the issuer keys of a database that was restored count, whatever was heard before", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keys = [{ id: "iss_1", publicKey: publicKey.export({ format: "jwk" }) }];
  api.apply({ kind: "issuer_keys", seq: 5000, state: { keys: [] } });
  api.forget();
  api.adopt({ ...helloWith(aPolicy()), seq: 100, issuerKeys: { keys } });
  const parts = [{ alg: "ES256", typ: "at+jwt", kid: "iss_1" }, { exp: NOW / 1000 + 60 }];
  const [header, claims] = parts.map((part) => btoa(JSON.stringify(part)).replaceAll("=", ""));
  const forged = aRequest(`${header}.${claims}.${"A".repeat(86)}`);
  expect(decider.verify(forged)).toMatchObject({ reason: "signature_invalid" });
});

test("the same policy again keeps what is known", async () => {
  await learn();
  api.adopt(helloWith(aPolicy()));
  expect(decider.verify(aRequest())).toMatchObject({ outcome: "allow" });
});

describe("the server decides", () => {
  const decideOnline = async (what: string) => {
    expect([what, await outcome()]).toEqual([what, "credential_revoked"]);
    expect([askedServer, counted]).toEqual([1, []]);
  };

  test("without a lease, and its answer is rendered as it is", async () => {
    holds = false;
    const decision = await decider.verify(aRequest());
    expect(decider.renderedBy(decision)).toEqual(SERVERS.rendered);
    expect([askedServer, counted]).toEqual([1, []]);
  });

  test("when the lease has ended before an answer came, whatever that says", async () => {
    const first = decideOnline("late");
    holds = false;
    questions[0]?.resolve(anAnswer(1));
    await first;
  });

  test("when it does not say what proves a credential", async () => {
    const first = decideOnline("withheld");
    questions[0]?.reject(new Error("withheld"));
    await first;
  });

  test("about every request that is limited, where the policy wants exact limits", async () => {
    open({ verifiers: { limits: "exact" } });
    const first = decideOnline("exact");
    questions[0]?.resolve(anAnswer(1));
    await first;
  });

  test("about a request for which nothing could be borrowed", async () => {
    open({ verifiers: { limits: "leased" } });
    const first = decideOnline("leased");
    questions[0]?.resolve(anAnswer(1));
    await first;
  });

  test.each([
    [
      "a policy of another format",
      { policyFormat: 2 },
      "its policy (policyFormat: found 2; this release reads 1)",
    ],
    [
      "a way to count of a later release",
      { verifiers: { limits: "guessed" } },
      "how its requests are counted",
    ],
    [
      "a scheme of a later release",
      { schemes: ["telepathy"] },
      'its policy (no scheme "telepathy")',
    ],
    ["a renderer of a later release", { renderer: "verse" }, 'its policy (no renderer "verse")'],
  ])("under %s, and it is said so", async (_what, changes, what) => {
    const policy = { ...aPolicy(), ...changes };
    api.apply({ kind: "policy", seq: 2, state: { version: 2, digest: "2", policy } });
    expect(api.unable).toBe(what);
    expect(unable).toEqual([`this release does not know ${what}: the server decides`]);
    await decideOnline("unable");
  });

  test("when tokens are signed with a key of a later release", async () => {
    const keys = [{ id: "k", publicKey: { kty: "quantum" } }];
    api.apply({ kind: "issuer_keys", seq: 2, state: { keys: [] } });
    expect(api.unable).toBeUndefined();
    api.apply({ kind: "issuer_keys", seq: 3, state: { keys } });
    expect(api.unable).toBe("a key that signs its tokens");
    await decideOnline("unable");
  });

  test("after a change of a kind that this release does not know", async () => {
    api.apply({ kind: "weather", seq: 2, state: {} });
    expect(api.unable).toBe('changes of the kind "weather"');
    await decideOnline("unable");
    // Nor does another policy, or a stream that begins afresh, make it known.
    const policy = aPolicy({ requestIds: "make" });
    api.apply({ kind: "policy", seq: 3, state: { version: 2, digest: "2", policy } });
    api.forget();
    expect([api.engine, api.unable]).toEqual([undefined, 'changes of the kind "weather"']);
  });
});

test.each([
  ["exact", "always", "by the server, which counts what the answer tells of", 1],
  ["exact", "counted", "here", 0],
  ["local", "always", "here", 0],
] as const)(
  "where limits are %s and shown %s, what is known to be refused is refused %s",
  async (limits, limitsShown, _where, asked) => {
    open({ verifiers: { limits }, limitsShown });
    const first = outcome();
    questions[0]?.resolve(anAnswer(1, { expiresAt: NOW }));
    expect(await first).toBe(asked === 1 ? "credential_revoked" : "credential_expired");
    expect([askedServer, counted.length]).toEqual([asked, 1 - asked]);
  },
);

describe("where limits are leased", () => {
  const slice = { granted: 1, lent: 2, exceeded: false, decidedBy: "redis" } as const;
  beforeEach(async () => {
    open({ verifiers: { limits: "leased" } });
    lent = { ...slice, numbers: [90, 60_000, 90, 60_000] };
    await learn();
  });

  test("what was borrowed is decided without a promise, and says so", async () => {
    for (let i = 0; i < 2; i += 1) {
      const decision = decider.verify(aRequest());
      expect(decision).toMatchObject({ outcome: "allow", limit: { decidedBy: "lease" } });
    }
    expect(decider.verify(aRequest())).toBeInstanceOf(Promise);
    expect(askedServer).toBe(0);
  });

  test("who was revoked while the counters were asked does not pass", async () => {
    for (let i = 0; i < 2; i += 1) decider.verify(aRequest());
    const waiting = outcome();
    const state = aCredential({ revokedAt: NOW });
    api.apply({ kind: "credential", seq: 2, state });
    expect(await waiting).toBe("credential_revoked");
  });
});

describe("while the server does not answer", () => {
  beforeEach(async () => {
    await learn();
    server = undefined;
    holds = false;
  });

  test("everything is refused, to be tried again", async () => {
    const decision = await decider.verify(aRequest());
    expect(decision).toMatchObject({ reason: "source_unavailable", retryAfterSeconds: 5 });
    expect(decider.staleSeconds(decision)).toBeUndefined();
    expect(counted).toEqual(["allow", "deny"]);
  });

  test("a lease that comes back meanwhile makes nothing stale of what the policy does not", async () => {
    const first = decider.verify(aRequest());
    holds = true;
    expect(told(await first)).toBe("source_unavailable");
    expect(decider.stale).toBe(0);
  });

  test("what is known counts where the policy says so, which is said of the decision", async () => {
    open({ verifiers: { staleSeconds: 60 } });
    holds = true;
    await learn();
    holds = false;
    const decision = await decider.verify(aRequest());
    expect([told(decision), decider.staleSeconds(decision), decider.stale]).toEqual([
      "allow",
      4,
      1,
    ]);
    expect(counted.at(-1)).toBe("allow");
    const unknown = await decider.verify({ ...aRequest(), headers: ["Authorization", "Bearer x"] });
    expect(told(unknown)).not.toBe("allow");
  });
});

test("who sends what the server does not take is not let in on what is stale", async () => {
  open({ verifiers: { staleSeconds: 60 } });
  await learn();
  holds = false;
  server = "unfit";
  expect(told(await decider.verify(aRequest()))).toBe("source_unavailable");
  expect(decider.stale).toBe(0);
});

test("asks and waits where the global Promise is another, as with zone.js", async () => {
  vi.stubGlobal("Promise", class<T> extends Promise<T> {});
  onTestFinished(() => void vi.unstubAllGlobals());
  const underWay = outcome();
  questions[0]?.resolve(anAnswer(1));
  expect(await underWay).toBe("allow");
  expect(counted).toEqual(["allow"]);
  holds = false;
  expect(await outcome()).toBe("credential_revoked");
  expect(counted).toEqual(["allow"]);
});

test("after it was stopped everything is refused, known or not", async () => {
  await learn();
  void decider.stop();
  expect(told(decider.verify(aRequest()) as Decision)).toBe("source_unavailable");
});

test("has stopped once what was under way is decided and counted", async () => {
  const underWay = outcome();
  const stopped = decider.stop().then(() => [...counted]);
  expect(counted).toEqual([]);
  questions[0]?.resolve(anAnswer(1));
  expect(await underWay).toBe("allow");
  expect(await stopped).toEqual(["allow"]);
});
