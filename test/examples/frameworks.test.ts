import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { type RunningExample, startExample } from "./running-example.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

describe.each(["express", "fastify", "hono"])("the example for %s", (name) => {
  let example: RunningExample;
  let isOver = false;
  beforeAll(async () => {
    example = await startExample(name, server);
  });
  afterAll(async () => {
    if (!isOver) await example?.end();
  });

  const as = (key: string) => ({ authorization: `Bearer ${key}` });

  test("is shorter than 60 lines", () => {
    const file = path.join(import.meta.dirname, "../../examples", name, "main.ts");
    expect(readFileSync(file, "utf8").split("\n").length).toBeLessThan(60);
  });

  test("serves who may, and refuses who may not as the profile says", async () => {
    const { key } = await server.issueKey({ scopes: ["read:users", "write:users"] });
    const list = await example.ask({ path: "/v2/users", headers: as(key) });
    expect([list.status, list.json.data]).toEqual([200, [{ id: "1", name: "Ada" }]]);
    expect(list.headers.ratelimit).toContain('"hour";r=');

    const question = { method: "POST", path: "/v2/users", body: { name: "Grace" } };
    const made = await example.ask({ ...question, headers: as(key) });
    expect([made.status, made.json]).toEqual([
      201,
      { id: "2", name: "Grace", created_by: TEST_ACCOUNT },
    ]);
    const gone = await example.ask({ method: "DELETE", path: "/v2/users/2", headers: as(key) });
    expect([gone.status, gone.json]).toEqual([
      403,
      { error: { code: "FORBIDDEN", message: "Insufficient permissions for this operation" } },
    ]);
    const stranger = await example.ask({ path: "/v2/users" });
    expect(stranger.status).toBe(401);
    expect(stranger.headers["www-authenticate"]).toBe('Bearer realm="standard"');
  });

  // What is no JSON Express refuses itself, and tells standard error of it.
  const unread: [string, string][] = [
    ["no JSON", "{"],
    ["no object", "null"],
  ];
  test.each<[string, string | undefined]>([
    ["no body", undefined],
    ["no name", "{}"],
    ...(name === "express" ? [] : unread),
  ])("refuses a user with %s as the caller's mistake", async (_what, body) => {
    const { key } = await server.issueKey({ scopes: ["write:users"] });
    const headers = {
      ...as(key),
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const { status } = await example.ask({ method: "POST", path: "/v2/users", headers, body });
    expect(status).toBe(400);
  });

  test("gives nobody an id that somebody else has", async () => {
    const { key } = await server.issueKey({ scopes: ["write:users", "delete:users"] });
    const add = async (name: string): Promise<string> =>
      (await example.ask({ method: "POST", path: "/v2/users", headers: as(key), body: { name } }))
        .json.id;
    const [first, second] = [await add("Alan"), await add("Barbara")];
    const gone = await example.ask({
      method: "DELETE",
      path: `/v2/users/${first}`,
      headers: as(key),
    });
    expect(gone.status).toBe(204);
    expect([first, second]).not.toContain(await add("Edsger"));
  });

  test("refuses a revoked key", async () => {
    const { id, key } = await server.issueKey({ scopes: ["read:users"] });
    const status = async () => (await example.ask({ path: "/v2/users", headers: as(key) })).status;
    expect(await status()).toBe(200);
    await server.operator("POST", `/v1/apis/standard/api-keys/${id}/revoke`, {});
    await waitUntil("the revocation is known", async () => (await status()) === 401);
  });

  test("ends in good order", async () => {
    isOver = true;
    expect([await example.end(), example.log()]).toEqual([0, expect.not.stringMatching(/error/i)]);
  });
});
