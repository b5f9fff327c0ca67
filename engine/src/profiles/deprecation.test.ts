import { expect, test } from "vitest";
import { REASONS, type Reason } from "../domain/reasons.ts";
import { AT, aContext, aDeny, anAllow } from "../testing/decisions.ts";
import { profiles, RENDERERS } from "./index.ts";

const CONTEXT = aContext(profiles.standard);
const ROTATION = { rotatedAt: AT + 999, endsAt: AT + 86_400_000 };

test.each(Object.keys(RENDERERS))("%s says when a credential was replaced and ends", (name) => {
  const api = Object.entries(profiles).find(([each]) => each === name)?.[1] ?? profiles.standard;
  const rendered = RENDERERS[name]?.(anAllow({ rotation: ROTATION }), aContext(api));
  expect(rendered?.headers.slice(-4)).toEqual([
    "Deprecation",
    "@1800000000",
    "Sunset",
    "Sat, 16 Jan 2027 08:00:00 GMT",
  ]);
});

test("says no end where there is none, and nothing without a rotation", () => {
  const rotation = { ...ROTATION, endsAt: null };
  const endless = RENDERERS.standard?.(anAllow({ rotation }), CONTEXT);
  expect(endless?.headers).toContain("Deprecation");
  expect(endless?.headers).not.toContain("Sunset");
  expect(RENDERERS.standard?.(anAllow(), CONTEXT).headers).not.toContain("Deprecation");
});

test("tells who failed to prove itself nothing, but for a credential in a brown-out", () => {
  for (const reason of Object.keys(REASONS) as readonly Reason[]) {
    const { headers = [] } =
      RENDERERS.standard?.(aDeny({ reason, rotation: ROTATION }), CONTEXT) ?? {};
    const isProven = REASONS[reason].class !== "unauthenticated";
    const tells = isProven || reason === "credential_browned_out";
    expect(headers.includes("Deprecation"), reason).toBe(tells);
  }
});
