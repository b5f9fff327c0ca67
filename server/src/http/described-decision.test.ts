import {
  createEngine,
  createMemoryLimiter,
  type Decision,
  type Engine,
  type LimitState,
  type Principal,
  policyOf,
  profiles,
  REASONS,
  type Reason,
  SOLE_WRITER,
  type Source,
  type Trace,
  type WindowState,
} from "@latchkey/engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decisionWire } from "./decision-wire.ts";
import { decide, decideAll, explain } from "./described-decision.ts";
import type { AskedRequestBody } from "./schemas/decision.ts";

const AT = 1_800_000_000_000;
/** Letters that a text of JSON escapes, and others that it does not. */
const TEXTS = [
  "x",
  "",
  'a "b"',
  "\\",
  "\n\u007f",
  "é",
  "\ud800",
  "\u2028",
  "x".repeat(70),
] as const;

const one = <const Values extends readonly unknown[]>(...values: Values) =>
  fc.constantFrom(...values) as fc.Arbitrary<Values[number]>;

const text = one(...TEXTS);
const textOrNull = one(null, ...TEXTS);

const principal: fc.Arbitrary<Principal> = fc.record({
  kind: one("account", "user", "platform", "managed-user", "application", "anonymous"),
  accountId: textOrNull,
  userId: textOrNull,
  subject: textOrNull,
  applicationId: textOrNull,
  actor: one(null, { kind: "platform", id: "acct_1" }, { kind: "application", id: 'a"' }),
  scopes: one([], ["read:users"], ['"', "é"]),
  plan: textOrNull,
  mode: one(null, "live", "test"),
  credentialId: one(null, "key_1", "key_2", "key_3"),
  scheme: one("api-key", "access-token"),
});

const window: fc.Arbitrary<WindowState> = fc.record({
  name: text,
  limit: one(1, 100, 131, 1_000_000_000),
  remaining: one(0, -0, 99, 1.5, 1e21, Number.POSITIVE_INFINITY, Number.NaN),
  windowSeconds: one(1, 3600, Number.POSITIVE_INFINITY),
  resetAt: one(AT - 1, AT, AT + 1, AT + 1000, AT + 3_600_000),
});

const limit: fc.Arbitrary<LimitState | undefined> = fc.option(
  fc
    .record({
      windows: fc.array(window, { minLength: 1, maxLength: 3 }),
      exceeded: fc.boolean(),
      index: fc.nat(2),
      decidedBy: one("local", "server", "redis", "lease"),
    })
    .map(({ windows, exceeded, index, decidedBy }) => ({
      ...{ at: AT, windows, exceeded, retryAt: undefined, decidedBy },
      decisive: windows[exceeded ? index % windows.length : 0] as WindowState,
    })),
  { nil: undefined },
);

const TRACE: Trace = [{ step: "limit", outcome: "passed", detail: 'a "limit"', at: AT }];

const shared = {
  at: one(AT, AT + 1),
  rotation: one(undefined, { rotatedAt: AT, endsAt: null }, { rotatedAt: AT, endsAt: AT + 1 }),
  limit,
  apiVersion: one(undefined, "2.0"),
  trace: one<(Trace | undefined)[]>(undefined, TRACE),
};
const requirement = {
  match: "*",
  anonymous: false,
  scopes: ["read:users"],
  owner: null,
  accepts: [],
  context: "account" as const,
  account: null,
  family: null,
};

const decision: fc.Arbitrary<Decision> = fc.oneof(
  fc.record({
    ...shared,
    outcome: fc.constant("allow" as const),
    principal,
    requirement: fc.constant(requirement),
    expiresAt: one(null, AT, AT + 1),
  }),
  fc.record({
    ...shared,
    outcome: fc.constant("deny" as const),
    reason: one(...(Object.keys(REASONS) as Reason[])),
    scheme: one(undefined, "api-key", "access-token"),
    principal: fc.option(principal, { nil: undefined }),
    requirement: one(undefined, requirement),
    retryAfterSeconds: one(undefined, 1, 60),
  }),
);

const asked: fc.Arbitrary<AskedRequestBody> = fc
  .record({ url: one("/", '/a?b="é'), requestId: one(undefined, "req-1", "x".repeat(128)) })
  .map(({ url, requestId }) => ({
    ...{ method: "GET", url, headers: {} },
    ...(requestId !== undefined && { requestId }),
  }));

const nobody = () => Promise.reject(new Error("nobody is asked"));
const source: Source = { credential: nobody, account: nobody, user: nobody };

/** An engine that decides what it is told to, some of it later, and renders as the profile does. */
function engineOf(name: keyof typeof profiles, decisions: readonly Decision[], late: boolean) {
  const engine = createEngine({
    ...{ policy: policyOf(profiles[name]), source, lease: SOLE_WRITER },
    ...{ limiter: createMemoryLimiter(), clock: () => AT, requireTls: true, capacity: 16 },
    oneTime: { claim: async () => true, isClaimed: async () => false },
  });
  let next = 0;
  const decideNext: Engine["decide"] = () => {
    const made = decisions[next] as Decision;
    next += 1;
    return late && next % 2 === 0 ? Promise.resolve(made) : made;
  };
  return { ...engine, decide: decideNext };
}

describe.each(Object.keys(profiles) as (keyof typeof profiles)[])("%s", (name) => {
  test("answers with what JSON.stringify makes of the decisions, to the letter", async () => {
    const drawn = fc.array(fc.tuple(decision, asked), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(drawn, fc.boolean(), async (several, late) => {
        const decisions = several.map(([each]) => each);
        const bodies = several.map(([, body]) => body);
        const engine = engineOf(name, decisions, late);
        const recorded: unknown[] = [];
        const parts = {
          apis: new Map(),
          record: (slug: string, made: Decision, _: unknown, requestId: string) =>
            recorded.push([slug, made, requestId]),
          monotonic: () => 0,
        };
        const wires = several.map(([made, { url, requestId = "call" }]) => {
          const headers: readonly string[] = [];
          const request = { method: "GET", target: url, headers, address: undefined, secure: true };
          return decisionWire(made, engine.render(made, { requestId, request }));
        });
        const api = { slug: "acme", engine };
        expect(await decideAll(parts, api, bodies, "call")).toBe(
          JSON.stringify({ decisions: wires }),
        );
        expect(recorded).toHaveLength(several.length);
        expect(recorded).toEqual(
          expect.arrayContaining(
            several.map(([made, { requestId = "call" }]) => ["acme", made, requestId]),
          ),
        );
        const [first] = bodies;
        if (first === undefined) return;
        const alone = { slug: "acme", engine: engineOf(name, decisions, late) };
        expect(await decide(parts, alone, first, "call")).toBe(JSON.stringify(wires[0]));
        const explained = { slug: "acme", engine: engineOf(name, decisions, late) };
        expect(await explain(explained, first, "call")).toEqual(wires[0]);
        expect(recorded).toHaveLength(several.length + 1);
      }),
      { numRuns: 300 },
    );
  });
});
