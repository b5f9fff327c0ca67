import { expect, test } from "vitest";
import { openManagementApp } from "../../testing/management-app.ts";

test("lists the APIs with their profile and mount", async () => {
  const it = await openManagementApp();
  const { status, json } = await it.call("GET", "/v1/apis");
  await it.close();
  expect(status).toBe(200);
  const api = (slug: string) => ({
    slug,
    profile: "standard",
    mount: `http://localhost:4000/${slug}`,
    hosts: [],
    policyDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(json).toEqual({ data: [api("standard"), api("other")] });
});
