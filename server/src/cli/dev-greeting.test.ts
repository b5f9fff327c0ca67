import { expect, test } from "vitest";
import { type DevGreeting, devGreeting } from "./dev-greeting.ts";

const FACTS: DevGreeting = {
  version: "1.2.3",
  publicUrl: "http://localhost:4000",
  readyMilliseconds: 411.2,
  policyFile: undefined,
  database: "./.latchkey/latchkey.db",
  operatorToken: { isNew: false, keptIn: "kept in .latchkey/operator-token" },
  demoKeys: [],
  setupLink: undefined,
};

function greeting(facts: Partial<DevGreeting> = {}): string {
  return devGreeting({ ...FACTS, ...facts }).join("\n");
}

test("says where the dashboard is and what is running", () => {
  const text = greeting({ policyFile: "latchkey.config.ts" });
  expect(text).toContain("Latchkey 1.2.3 is running at http://localhost:4000 (ready in 412 ms)");
  expect(text).toMatch(/^ {2}Dashboard +http:\/\/localhost:4000\/dashboard\/$/m);
  expect(text).toMatch(/^ {2}Policy +latchkey\.config\.ts$/m);
  expect(text).toMatch(/^ {2}Database +\.\/\.latchkey\/latchkey\.db$/m);
});

test("shows a new operator token once, with the file that keeps it", () => {
  const text = greeting({
    operatorToken: { isNew: true, token: "lkop_secret", file: ".latchkey/operator-token" },
  });
  expect(text).toMatch(/^ {2}Operator token +lkop_secret$/m);
  expect(text).toContain("kept in .latchkey/operator-token");
});

test("shows afterwards only where the operator token is kept", () => {
  expect(greeting()).toMatch(/^ {2}Operator token +kept in \.latchkey\/operator-token$/m);
});

test("gives each API a curl that can be pasted", () => {
  const demoKeys = [
    { api: "standard", header: "Authorization: Bearer sk_test_a", path: "/v2/auth/test" },
    { api: "other", header: "x-api-key: sk_test_b", path: "/v1/me" },
  ];
  const lines = greeting({ demoKeys }).split("\n");
  expect(lines.filter((line) => line.includes("curl"))).toEqual([
    "  curl -i -H 'Authorization: Bearer sk_test_a' http://localhost:4000/standard/v2/auth/test",
    "  curl -i -H 'x-api-key: sk_test_b' http://localhost:4000/other/v1/me",
  ]);
});

test("shows the set-up link while there is no operator, and what it is for", () => {
  const setupLink = "http://localhost:4000/dashboard/#setup=token";
  expect(greeting({ setupLink })).toMatch(
    /^ {2}Set-up link +http:\/\/localhost:4000\/dashboard\/#setup=token$/m,
  );
  expect(greeting()).not.toContain("Set-up");
});
