import { describe, expect, test } from "vitest";
import { REASONS, type Reason } from "../domain/reasons.ts";
import { compilePolicy } from "../policy/compile.ts";
import { policyOf } from "../policy/validate.ts";
import { AT, aContext, aDeny, aLimitState, anAllow, aRequirement } from "../testing/decisions.ts";
import { profiles, RENDERERS } from "./index.ts";
import type { Rendered } from "./render.ts";

const REASON_NAMES = Object.keys(REASONS) as readonly Reason[];
const PROFILES = Object.entries(profiles);
const SECRET = "Sup3rSecretSup3rSecretSup3rSecretSup3rSecret";

function header({ headers }: Rendered, name: string): string | undefined {
  const at = headers.findIndex((each, i) => i % 2 === 0 && each.toLowerCase() === name);
  return at === -1 ? undefined : headers[at + 1];
}

function rendererOf(name: string) {
  const render = RENDERERS[name];
  if (render === undefined) throw new Error(`no renderer ${name}`);
  return render;
}

test("there are four, in the order in which they are shown", () => {
  expect(Object.keys(profiles)).toEqual(["standard", "savvycal", "calcom", "signed-keys"]);
  expect(Object.keys(RENDERERS)).toEqual(Object.keys(profiles));
});

describe.each(PROFILES)("%s", (name, api) => {
  const render = rendererOf(name);
  const policy = policyOf(api);

  test("is a policy under its own name, written by its own renderer", () => {
    expect(compilePolicy(policy).policy).toMatchObject({ slug: name, renderer: name });
    expect(policyOf({ slug: "acme", extends: api }).renderer).toBe(name);
  });

  test.each(REASON_NAMES)("refuses for %s as a refusal is written", (reason) => {
    const deny = aDeny({
      reason,
      requirement: aRequirement({ scopes: ["read:x", "write:x"] }),
      retryAfterSeconds: REASONS[reason].class === "limited" ? 7 : undefined,
    });
    const headers = ["Authorization", `Bearer ${SECRET}`, "X-Cal-Client-Id", SECRET];
    const rendered = render(deny, aContext(api, { target: `/a?token=${SECRET}`, headers }));
    const { status, body } = rendered;

    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThanOrEqual(503);
    expect(JSON.parse(body ?? "")).toBeTypeOf("object");
    expect(rendered.headers.length % 2).toBe(0);
    expect(rendered.headers.every((each) => typeof each === "string")).toBe(true);
    // Adapters set them one by one: of two lines of one name the first would be lost.
    const names = rendered.headers.filter((_, i) => i % 2 === 0).map((each) => each.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
    expect(`${rendered.headers} ${body}`).not.toContain(SECRET);
    // The operator's words and the names of reasons stay inside.
    expect(body).not.toContain(REASONS[reason].meaning);
    expect(body).not.toContain(reason);
    expect(header(rendered, "content-type")).toBe("application/json; charset=utf-8");
    expect(header(rendered, "cache-control")).toBe("no-store");
    expect(header(rendered, "x-request-id")).toBe("req-1");
    expect(header(rendered, "retry-after")).toBe(status === 429 ? "7" : undefined);

    const challenge = header(rendered, "www-authenticate");
    if (reason === "scope_insufficient") {
      expect(challenge).toMatch(/ error="insufficient_scope", scope="read:x write:x"$/);
    } else if (status === 401 || status === 498) {
      const scheme = reason === "dpop_proof_missing" ? "DPoP" : "(Bearer|ApiKey)";
      expect(challenge).toMatch(new RegExp(`^${scheme} realm="${name}"`));
    } else {
      expect(challenge).toBeUndefined();
    }
  });

  test("gives the class of a reason one kind of status", () => {
    const expected: Record<string, readonly number[]> = {
      invalid_request: [400],
      unauthenticated: [401],
      forbidden: [403],
      wrong_kind: name === "savvycal" ? [400] : name === "calcom" ? [400, 401] : [403],
      not_found: [404],
      limited: [429],
      unavailable: [503],
    };
    for (const reason of REASON_NAMES) {
      const { status } = render(aDeny({ reason }), aContext(api));
      expect(expected[REASONS[reason].class], reason).toContain(status);
    }
  });

  test.each(["api-key", "customer-jwt", "access-token", "client-secret-headers"])(
    "tells unknown, malformed, revoked and browned-out credentials apart to nobody: %s",
    (scheme) => {
      const answers = (
        [
          "credential_unknown",
          "credential_malformed",
          "credential_revoked",
          "credential_browned_out",
        ] as const
      ).map((reason) => render(aDeny({ reason, scheme }), aContext(api)));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    },
  );

  test("names no error in the challenge when nothing was sent (RFC 6750 §3.1)", () => {
    const challengeOf = (reason: Reason) =>
      header(render(aDeny({ reason }), aContext(api)), "www-authenticate");
    expect(challengeOf("credential_missing")).not.toContain("error");
    expect(challengeOf("credential_unknown")).toContain('error="invalid_token"');
  });

  test("lets pass without a body, and says where the limit stands", () => {
    const window = { name: "default", limit: 5, remaining: 3, windowSeconds: 60 };
    const limit = aLimitState({ ...window, resetAt: AT + 1500 });
    const rendered = render(anAllow({ limit }), aContext(api));
    expect(rendered).toMatchObject({ status: 200, body: null });
    expect(header(rendered, "x-request-id")).toBe("req-1");
    const suffix = name === "calcom" ? "-default" : "";
    expect(header(rendered, `x-ratelimit-remaining${suffix}`)).toBe("3");
  });
});
