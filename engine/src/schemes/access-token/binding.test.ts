import { describe, expect, test } from "vitest";
import { standardApi } from "../../profiles/standard.ts";
import { aDpopKey, aProof, type ProofChange } from "../../testing/dpop.ts";
import { NOW, World } from "../../testing/world.ts";
import { thumbprintOf } from "../../tokens/dpop-proof.ts";

const KEY = aDpopKey();
const BASE = "https://api.example";

function aWorld(parts: ConstructorParameters<typeof World>[1] = {}, origins: string[] = []) {
  const oauth = { ...standardApi.oauth, origins };
  const world = new World({ ...standardApi, oauth }, parts);
  const { id: accountId } = world.account();
  const bound = (boundKey: string | null = thumbprintOf(KEY.jwk)) =>
    world.accessToken({ accountId }, { kind: "application", boundKey }).token;
  return { world, bound };
}

const dpop = (token: string, change?: ProofChange) => ({
  authorization: `DPoP ${token}`,
  dpop: aProof(token, KEY, change),
});

test("O-164: a bound token opens the API with a proof of its key, once", async () => {
  const { world, bound } = aWorld();
  const headers = dpop(bound());
  expect(await world.verdict({ base: BASE, headers })).toBe("allowed");
  expect(await world.verdict({ base: BASE, headers })).toBe("signature_replayed");
  const again = dpop(bound(), { claims: { jti: "jti-2" } });
  expect(await world.verdict({ base: BASE, headers: again })).toBe("allowed");
});

test("O-164: of 20 who send one proof at once, one passes, in each of 20 rounds", async () => {
  const { world, bound } = aWorld();
  const token = bound();
  for (let round = 0; round < 20; round += 1) {
    const headers = dpop(token, { claims: { jti: `round ${round}` } });
    const ask = () => world.verdict({ base: BASE, headers });
    const verdicts = await Promise.all(Array.from({ length: 20 }, ask));
    expect(verdicts.filter((verdict) => verdict === "allowed")).toHaveLength(1);
  }
});

describe("refuses", () => {
  test.each([
    ["a bound token as Bearer", "bearer", "dpop_proof_missing"],
    ["a bound token as Bearer with its proof", "bearer and proof", "dpop_proof_missing"],
    ["a bound token without a proof", "no proof", "dpop_proof_missing"],
    ["a proof of another key", "other key", "dpop_proof_invalid"],
    ["a proof for another token", "other token", "dpop_proof_invalid"],
  ])("%s", async (_what, how, reason) => {
    const { world, bound } = aWorld();
    const token = bound();
    const { dpop: proof, ...line } = dpop(token);
    const headers = {
      bearer: { authorization: `Bearer ${token}` },
      "bearer and proof": { authorization: `Bearer ${token}`, dpop: proof },
      "no proof": line,
      "other key": { ...line, dpop: aProof(token, aDpopKey()) },
      "other token": { ...line, dpop: aProof("lk_at_another", KEY) },
    }[how];
    expect(await world.verdict({ base: BASE, headers: headers ?? {} })).toBe(reason);
  });

  test("a token that is bound to no key, as DPoP", async () => {
    const { world, bound } = aWorld();
    const headers = dpop(bound(null));
    expect(await world.verdict({ base: BASE, headers })).toBe("dpop_token_unbound");
  });

  test("a key or a JWT as DPoP", async () => {
    const { world } = aWorld();
    const { id: accountId } = world.account();
    for (const token of [world.key({ accountId }).key, "eyJhbGciOiJIUzI1NiJ9.e30.AA"]) {
      expect(await world.verdict({ headers: dpop(token) })).toBe("credential_malformed");
    }
  });

  test("two proofs, in either spelling of the header", async () => {
    const { world, bound } = aWorld();
    const headers = { ...dpop(bound()), DPoP: "another" };
    expect(await world.verdict({ base: BASE, headers })).toBe("header_duplicated");
  });

  test("everything while nobody can say whether a proof came before", async () => {
    const away = () => Promise.reject(new Error("away"));
    const { world, bound } = aWorld({ oneTime: { claim: away, isClaimed: away } });
    const asked = { base: BASE, headers: dpop(bound()) };
    expect(await world.verdict(asked)).toBe("one_time_unavailable");
  });
});

test.each([
  ["where the door says that it is", [], BASE, "allowed"],
  ["nowhere, when the door cannot tell", [], undefined, "dpop_proof_invalid"],
  ["not where the door says that it is not", [], "https://evil.example", "dpop_proof_invalid"],
  ["where the policy says that it is", [BASE], undefined, "allowed"],
  ["not elsewhere", ["https://other.example"], undefined, "dpop_proof_invalid"],
])("the API is %s", async (_what, origins, base, verdict) => {
  const { world, bound } = aWorld({}, origins);
  expect(await world.verdict({ base, headers: dpop(bound()) })).toBe(verdict);
});

test("a proof is remembered for as long as anybody could accept it", async () => {
  const untils: number[] = [];
  const claim = async (_key: string, until: number) => untils.push(until) > 0;
  const { world, bound } = aWorld({ oneTime: { claim, isClaimed: async () => false } });
  await world.decide({ base: BASE, headers: dpop(bound()) });
  expect(untils[0]).toBeGreaterThan(NOW + 60_000);
});

test("the caller is told of the scheme and of the algorithms, and what was wrong", async () => {
  const { world, bound } = aWorld();
  const token = bound();
  const challengeOf = async (headers: Record<string, string>) => {
    const asked = { base: BASE, headers };
    const decision = await world.decide(asked);
    const request = { method: "GET", target: "/", address: undefined, secure: true };
    const rendered = world.engine.render(decision, {
      requestId: "req_1",
      request: { ...request, headers: Object.entries(headers).flat() },
    });
    const at = rendered.headers.indexOf("WWW-Authenticate");
    return at < 0 ? undefined : rendered.headers[at + 1];
  };
  const algs = 'algs="ES256 EdDSA Ed25519"';
  expect(await challengeOf({ authorization: `Bearer ${token}` })).toBe(
    `DPoP realm="standard", error="invalid_token", ${algs}`,
  );
  expect(await challengeOf({ authorization: `DPoP ${token}`, dpop: "x" })).toBe(
    `DPoP realm="standard", error="invalid_dpop_proof", ${algs}`,
  );
  expect(await challengeOf(dpop(bound(null)))).toBe(
    'Bearer realm="standard", error="invalid_token"',
  );
  await challengeOf(dpop(token));
  expect(await challengeOf(dpop(token))).toBe(
    `DPoP realm="standard", error="invalid_dpop_proof", ${algs}`,
  );
});
