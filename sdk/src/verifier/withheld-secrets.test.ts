import { createHmac } from "node:crypto";
import {
  createLeasedLimiter,
  type Decision,
  type SignatureResolution,
  type Source,
} from "@latchkey/engine";
import { beforeEach, describe, expect, test } from "vitest";
import { aCredential, anAnswer, aPolicy, aRequest, NOW } from "../testing/known-key.ts";
import { createDecider, type Decider } from "./decider.ts";
import { createKnownApi, type KnownApi } from "./known-api.ts";

const ISSUER = "https://issuer.example.com";
const SECRET = "a secret of 32 bytes or more, which the server keeps";
const OF_ISSUER = { scheme: "shared-secret-jwt", handle: ISSUER } as const;

let holds: boolean;
/** What the server's store says of the credential at each question. */
let stored: { readonly seq: number; readonly changes: Parameters<typeof aCredential>[0] };
/** Questions about signatures: each waits until the test answers it. */
let signatures: PromiseWithResolvers<SignatureResolution>[];
let askedCredential: number;
let askedServer: number;
let counted: string[];
let api: KnownApi;
let decider: Decider;
beforeEach(() => {
  holds = true;
  stored = { seq: 1, changes: {} };
  signatures = [];
  askedCredential = 0;
  askedServer = 0;
  counted = [];
  const source: Source = {
    credential: async () => {
      askedCredential += 1;
      const answer = anAnswer(stored.seq, { ...OF_ISSUER, ...stored.changes });
      return { ...answer, material: { kind: "withheld" } };
    },
    signature: () => {
      const asked = Promise.withResolvers<SignatureResolution>();
      signatures.push(asked);
      return asked.promise;
    },
    account: () => Promise.reject(new Error("not asked here")),
    user: () => Promise.reject(new Error("not asked here")),
  };
  const lease = { holds: () => holds, age: () => 0 };
  const clock = () => NOW;
  const noSlices = () => Promise.reject(new Error("nothing is lent here"));
  api = createKnownApi({
    ...{ source, lease, clock, requireTls: false, capacity: 100 },
    leased: createLeasedLimiter({ ask: noSlices, clock, monotonic: clock, maxKeys: 100 }),
    onUnable: () => undefined,
  });
  api.adopt({
    seq: 1,
    policy: { version: 1, digest: "1", policy: aPolicy() },
    issuerKeys: { keys: [] },
  });
  decider = createDecider({
    api,
    keeper: { lease, enter: () => holds, leave: () => undefined },
    online: {
      decide: async () => {
        askedServer += 1;
        return undefined;
      },
    },
    clock,
    requestIdOf: () => "id",
    count: ({ outcome }) => counted.push(outcome),
  });
});

function aToken(subject = "u1"): string {
  const claims = { iss: ISSUER, sub: subject, scopes: ["read:users"], exp: NOW / 1000 + 60 };
  const input = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${input}.${createHmac("sha256", SECRET).update(input).digest("base64url")}`;
}

const told = (decision: Decision) =>
  decision.outcome === "allow" ? decision.outcome : decision.reason;
const outcome = async (token = aToken()) => told(await decider.verify(aRequest(token)));
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The server says that the n-th signature was made with the secrets of this generation. */
function prove(n: number, asOf = stored.seq, generation = 1): void {
  const verdict = { outcome: "proven", rotation: undefined } as const;
  const signature = { credentialId: "key_1", generation, verdict };
  signatures[n]?.resolve({
    asOf,
    signature: { ...signature, changesAt: Number.POSITIVE_INFINITY },
  });
}

/** Has the change applied here, and the server's store say the same from now on. */
function change(changes: Parameters<typeof aCredential>[0]): void {
  stored = { seq: stored.seq + 1, changes };
  const state = aCredential({ ...OF_ISSUER, ...changes });
  api.apply({ kind: "credential", seq: stored.seq, state });
}

/** Has the server prove the token once. */
async function learn(): Promise<void> {
  const first = outcome();
  await turn();
  prove(0);
  expect(await first).toBe("allow");
}

test("a token that the server has proven is decided without a promise, and counted here", async () => {
  await learn();
  expect(decider.verify(aRequest(aToken()))).toMatchObject({
    outcome: "allow",
    limit: { decidedBy: "local" },
  });
  expect([signatures.length, askedServer, counted]).toEqual([1, 0, ["allow", "allow"]]);
});

describe("while a signature is being asked about,", () => {
  test("a revocation that arrives counts, whatever the answer says", async () => {
    const first = outcome();
    await turn();
    change({ revokedAt: NOW });
    prove(0, 1);
    await turn();
    prove(1);
    expect(await first).toBe("credential_revoked");
  });

  test("a rotation that arrives leaves the decision to the server", async () => {
    const first = outcome();
    await turn();
    change({ generation: 2 });
    prove(0, 1, 1);
    await turn();
    signatures[1]?.resolve({
      asOf: 2,
      signature: {
        ...{ credentialId: "key_1", generation: 2, verdict: "failed" },
        changesAt: Number.POSITIVE_INFINITY,
      },
    });
    await turn();
    // On this request's behalf the credential was asked about before.
    expect(await first).toBe("source_unavailable");
    expect(askedServer).toBe(1);
  });

  test("a policy that arrives decides, and has the token asked about anew", async () => {
    const first = outcome();
    await turn();
    const policy = aPolicy({ endpoints: [{ match: "/v2/users", scopes: ["admin:all"] }] });
    api.apply({ kind: "policy", seq: 2, state: { version: 2, digest: "2", policy } });
    prove(0);
    await turn();
    await turn();
    prove(1);
    expect(await first).toBe("scope_insufficient");
  });

  test("a start with an empty memory leaves nothing of what was answered to the old one", async () => {
    await learn();
    api.forget();
    const next = decider.verify(aRequest(aToken()));
    expect(next).toBeInstanceOf(Promise);
    await turn();
    expect([askedCredential, signatures.length]).toEqual([2, 2]);
    prove(1);
    expect(told(await next)).toBe("allow");
  });

  test("a lease that ends leaves the decision to the server, whatever the answer says", async () => {
    const first = outcome();
    await turn();
    holds = false;
    prove(0);
    expect(await first).toBe("source_unavailable");
    expect(askedServer).toBe(1);
  });
});

test("an answer about secrets that are not known here yet has the credential asked again", async () => {
  await learn();
  // The server has rotated, and this process has not heard of it.
  stored = { seq: 2, changes: { generation: 2 } };
  const other = outcome(aToken("u2"));
  await turn();
  prove(1, 2, 2);
  expect(await other).toBe("allow");
  expect([askedCredential, askedServer]).toEqual([2, 0]);
  const again = outcome();
  await turn();
  // What was proven with the old secrets counts no more.
  expect(signatures).toHaveLength(3);
  prove(2, 2, 2);
  expect(await again).toBe("allow");
});

test("a server that cannot tell leaves the decision to the server", async () => {
  const first = outcome();
  await turn();
  signatures[0]?.reject(new Error("400"));
  expect(await first).toBe("source_unavailable");
  expect(askedServer).toBe(1);
});
