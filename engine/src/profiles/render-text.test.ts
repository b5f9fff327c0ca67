import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision } from "../domain/decision.ts";
import type { LimitState, WindowState } from "../domain/limit.ts";
import { REASONS, type Reason } from "../domain/reasons.ts";
import { AT, aContext, aDeny, anAllow } from "../testing/decisions.ts";
import { headersObject } from "./header-members.ts";
import { profiles, RENDERERS, TEXT_RENDERERS } from "./index.ts";
import { rateLimitHeaders } from "./rate-limit-headers.ts";
import type { Render, RenderContext } from "./render.ts";
import { type RenderText, textAfterLimit, textOf } from "./render-text.ts";

const one = <const Values extends readonly unknown[]>(...values: Values) =>
  fc.constantFrom(...values) as fc.Arbitrary<Values[number]>;

const window: fc.Arbitrary<WindowState> = fc.record({
  name: one("hour", "burst", 'a "quoted" name', "é\n"),
  limit: one(1, 100, 131, 1_000_000_000),
  remaining: one(0, 1, 99, 999_999_999, 1.5),
  windowSeconds: one(1, 3600),
  resetAt: one(AT - 1, AT, AT + 1, AT + 1000, AT + 3_600_000),
});

const limit: fc.Arbitrary<LimitState | undefined> = fc.oneof(
  fc.constant(undefined),
  fc
    .record({
      windows: fc.array(window, { minLength: 1, maxLength: 3 }),
      exceeded: fc.boolean(),
      index: fc.nat(2),
    })
    .map(({ windows, exceeded, index }) => ({
      ...{ at: AT, windows, exceeded, retryAt: undefined, decidedBy: "local" as const },
      decisive: windows[exceeded ? index % windows.length : 0] as WindowState,
    })),
  // What no window speaks for, as far as the type goes.
  window.map((decisive) => ({
    ...{ at: AT, windows: [], exceeded: false, retryAt: undefined, decidedBy: "local" as const },
    decisive,
  })),
);

const about = { limit, apiVersion: one(undefined, "2.0", '"') };
const rotation = one(
  undefined,
  { rotatedAt: AT - 5000, endsAt: null },
  { rotatedAt: 0, endsAt: AT },
);
const decision: fc.Arbitrary<Decision> = fc.oneof(
  fc.record({ ...about, rotation, expiresAt: one(null, AT, AT + 1) }).map(anAllow),
  fc
    .record({
      ...about,
      rotation,
      reason: one(...(Object.keys(REASONS) as Reason[])),
      scheme: one(undefined, "api-key", "access-token"),
      retryAfterSeconds: one(undefined, 1, 60),
    })
    .map(aDeny),
);

const asked = fc.record({
  decision,
  requestId: one("req-1", "req-2", 'an "id"', "x".repeat(128)),
  target: one("/", "/a?b=%22", '/"\\é'),
});

function expectSame(
  { render, renderText }: { render: Render; renderText: RenderText },
  decided: Decision,
  context: RenderContext,
): void {
  const { status, headers, body } = render(decided, context);
  expect(renderText(decided, context)).toEqual({
    status,
    members: JSON.stringify({ headers: headersObject(headers), body }).slice(1, -1),
  });
}

describe.each(Object.entries(profiles))("%s", (name, api) => {
  const context = aContext(api);
  const { policy } = context;
  const render = RENDERERS[name];
  const renderText = TEXT_RENDERERS[name];
  if (render === undefined || renderText === undefined) throw new Error(`no renderer ${name}`);

  // Names that another header of the same answer has, or that an object puts elsewhere.
  test.each([
    policy.version?.header,
    "RateLimit",
    "X-Request-ID",
    "X-Request-Id",
    "1",
    "__proto__",
  ])(
    "is written in JSON to the letter as by JSON.stringify, whatever came before: version in %s",
    (header) => {
      const version = { supported: ["2.0"], default: "2.0", unsupported: "default" } as const;
      const versioned =
        header === undefined ? policy : { ...policy, version: { ...version, header } };
      fc.assert(
        fc.property(fc.array(asked, { minLength: 1, maxLength: 8 }), (several) => {
          for (const { decision: decided, requestId, target } of several) {
            const request = { ...context.request, target };
            const each = { policy: versioned, requestId, request };
            expectSame({ render, renderText }, decided, each);
          }
        }),
        { numRuns: 200 },
      );
    },
  );
});

test("there is one for every renderer", () => {
  expect(Object.keys(TEXT_RENDERERS)).toEqual(Object.keys(RENDERERS));
});

test("a renderer may tell of nothing but the limit, or of nothing at all", () => {
  const render: Render = ({ limit: shown }) => {
    return { status: 200, headers: shown === undefined ? [] : rateLimitHeaders(shown), body: "é" };
  };
  const context = aContext(profiles.standard);
  fc.assert(
    fc.property(decision, (decided) => {
      expectSame({ render, renderText: textAfterLimit(render) }, decided, context);
      expectSame({ render, renderText: textOf(render) }, decided, context);
    }),
  );
});
