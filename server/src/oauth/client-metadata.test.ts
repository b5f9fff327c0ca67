import { policyOf, profiles } from "@latchkey/engine";
import { expect, test } from "vitest";
import { openScopes, PROTOCOL_SCOPES } from "./client-metadata.ts";

test("O-170: a client gives itself no scope that comes to all others, however it does", () => {
  const policy = policyOf({
    extends: profiles.standard,
    slug: "api",
    scopes: {
      "write:all": { title: "Write", implies: ["write:*"] },
      superuser: { title: "As an administrator", implies: ["read:users", "admin:all"] },
      owner: { title: "As a superuser", implies: ["super*"] },
    },
  });
  const open = openScopes(policy);
  expect(open).toEqual(expect.arrayContaining([...PROTOCOL_SCOPES, "read:users", "write:all"]));
  for (const closed of ["admin:all", "superuser", "owner"]) expect(open).not.toContain(closed);
});
