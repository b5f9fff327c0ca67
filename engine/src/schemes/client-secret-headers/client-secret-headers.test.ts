import { expect, test } from "vitest";
import { profiles } from "../../profiles/index.ts";
import { World } from "../../testing/world.ts";

const SCHEMES = ["client-secret-headers", "api-key", "signed-request", "anonymous"];

/** An API that refuses several credentials, with endpoints whose path names a client. */
function aWorld(schemes: readonly string[] = SCHEMES) {
  const world = new World({
    slug: "acme",
    extends: profiles.standard,
    schemes,
    endpoints: [{ match: "/open/{clientId}", anonymous: true }, { match: "/clients/{clientId}" }],
  });
  const { id: accountId } = world.account();
  const client = world.client(accountId);
  return { world, key: world.key({ accountId }).key, client };
}

const verdictOf = (
  { world, client }: ReturnType<typeof aWorld>,
  path: string,
  headers: Readonly<Record<string, string>> = {},
) => world.verdict({ target: `${path}/${client.id}`, headers });

test.each([
  ["/open", SCHEMES, "allowed"],
  ["/open", [...SCHEMES].reverse(), "allowed"],
  ["/clients", SCHEMES, "client_secret_missing"],
  ["/clients", [...SCHEMES].reverse(), "credential_missing"],
])("nothing that was sent is not several: at %s with %j it is %s", async (path, schemes, told) => {
  expect(await verdictOf(aWorld(schemes), path)).toBe(told);
});

test("a client in the path is no second credential beside a key", async () => {
  const there = aWorld();
  expect(await verdictOf(there, "/clients", { "x-api-key": there.key })).toBe("allowed");
  expect(await verdictOf(there, "/clients", { authorization: `Bearer ${there.key}` })).toBe(
    "allowed",
  );
});

test("a client's secret is one, with its id in the path", async () => {
  const there = aWorld();
  const pair = { "x-cal-secret-key": there.client.secret };
  expect(await verdictOf(there, "/clients", pair)).toBe("allowed");
  expect(await verdictOf(there, "/clients", { ...pair, "x-api-key": there.key })).toBe(
    "credential_ambiguous",
  );
});
