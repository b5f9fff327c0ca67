import { once } from "node:events";
import { expect, test } from "vitest";
import { type ClientOptions, createClient } from "./client.ts";
import type { LatchkeyError } from "./latchkey-error.ts";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

function clientThatTells(options: ClientOptions, answers: readonly unknown[] = []) {
  const sent: Sent[] = [];
  const fetch: typeof globalThis.fetch = async (url, init = {}) => {
    const body = answers[sent.length] ?? {};
    sent.push({ url: String(url), init });
    return Response.json(body);
  };
  return { client: createClient(options, { fetch }), sent };
}

const TOKEN = { url: "https://latchkey.example/", token: "lkop_1" };

test("sends the token, the parameters in path and query, and no cookies", async () => {
  const { client, sent } = clientThatTells(TOKEN);
  await client.listAccounts({ api: "a b", limit: 5, cursor: "x/y" });
  expect(sent[0]?.url).toBe("https://latchkey.example/v1/apis/a%20b/accounts?limit=5&cursor=x%2Fy");
  expect(sent[0]?.init).toMatchObject({ method: "GET", credentials: "omit" });
  expect(sent[0]?.init.headers).toEqual({
    accept: "application/json",
    authorization: "Bearer lkop_1",
  });
});

test("sends an empty object where a body may be left out", async () => {
  const { client, sent } = clientThatTells(TOKEN);
  await client.suspendAccount({ api: "a", id: "acct_1" });
  expect(sent[0]?.init).toMatchObject({ method: "POST", body: "{}" });
});

test("in a browser sends the session's cookie, and the csrf value where something is written", async () => {
  let value = "c1";
  const session = { url: "", credentials: "same-origin", csrf: () => value } as const;
  const { client, sent } = clientThatTells(session);
  await client.listApis();
  await client.createAccount({ api: "a", body: { name: "N" } });
  value = "c2";
  await client.updateAccount({ api: "a", id: "acct_1", body: { name: "M" } });
  expect(sent.map(({ init }) => new Headers(init.headers).get("x-csrf-token"))).toEqual([
    null,
    "c1",
    "c2",
  ]);
  for (const { url, init } of sent) {
    expect(url).toMatch(/^\/v1\/apis/);
    expect(init.credentials).toBe("same-origin");
    expect(new Headers(init.headers).has("authorization")).toBe(false);
  }
});

test("uses the caller's own Idempotency-Key", async () => {
  const { client, sent } = clientThatTells(TOKEN);
  await client.createAccount({ api: "a", body: { name: "N" } }, { idempotencyKey: "mine" });
  expect(new Headers(sent[0]?.init.headers).get("idempotency-key")).toBe("mine");
});

const NO_ADDRESS = "url must be an http(s) address without a user, query and fragment";
const NO_TOKEN = "token must be an operator token";

test.each([
  [{ url: "localhost:4000", token: "lkop_1" }, NO_ADDRESS],
  [{ url: "latchkey.internal", token: "lkop_1" }, NO_ADDRESS],
  [{ url: "https://", token: "lkop_1" }, NO_ADDRESS],
  [{ url: "https://latchkey.example:65536", token: "lkop_1" }, NO_ADDRESS],
  [{ url: "https://ann:pass@latchkey.example", token: "lkop_1" }, NO_ADDRESS],
  [{ url: "https://latchkey.example/?team=1", token: "lkop_1" }, NO_ADDRESS],
  [{ url: "https://latchkey.example/#top", token: "lkop_1" }, NO_ADDRESS],
  [{ url: "https://latchkey.example", token: "lkop_…" }, NO_TOKEN],
  [{ url: "https://latchkey.example", token: "lkop_1\nlkop_2" }, NO_TOKEN],
  [{ url: "https://latchkey.example", token: undefined }, NO_TOKEN],
])("says of %j at once what is wrong with it", (options, fault) => {
  expect(() => createClient(options as ClientOptions)).toThrow(new TypeError(fault));
});

test.each(["lkop_1\n", "\nlkop_1", "\ufefflkop_1"])("sends the token %j alone", async (token) => {
  const { client, sent } = clientThatTells({ ...TOKEN, token });
  await client.listApis();
  expect(sent[0]?.init.headers).toMatchObject({ authorization: "Bearer lkop_1" });
});

test("refuses an Idempotency-Key that no header can carry", async () => {
  const { client, sent } = clientThatTells(TOKEN);
  for (const idempotencyKey of ["", "№ 1", "x".repeat(129)]) {
    const call = client.createAccount({ api: "a", body: { name: "N" } }, { idempotencyKey });
    await expect(call).rejects.toThrow(TypeError);
  }
  expect(sent).toEqual([]);
});

test.each(["", ".", ".."])("refuses %j as a part of a path", async (id) => {
  const { client, sent } = clientThatTells(TOKEN);
  await expect(client.getAccount({ api: "a", id })).rejects.toThrow(
    new TypeError("getAccount: id is missing"),
  );
  expect(sent).toEqual([]);
});

test.each([
  ["that waits at the service has that time besides", { wait: 30_000 }, {}, undefined],
  ["that does not has only its own", {}, {}, "TIMED_OUT"],
  ["has what it says itself", { wait: 30_000 }, { timeoutMillis: 10 }, "TIMED_OUT"],
])("a call %s", async (_what, more, options, fault) => {
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    await once(AbortSignal.timeout(50), "abort");
    init?.signal?.throwIfAborted();
    return Response.json({});
  };
  const client = createClient({ ...TOKEN, timeoutMillis: 10 }, { fetch, wait: async () => {} });
  const call = client.revokeApiKey({ api: "a", id: "key_1", ...more }, options);
  const outcome = await call.then(
    () => undefined,
    (error: LatchkeyError) => error.code,
  );
  expect(outcome).toBe(fault);
});

test("walks a list over its pages, and asks for a page only when it is needed", async () => {
  const pages = [
    { data: [1, 2], nextCursor: "p2" },
    { data: [3], nextCursor: null },
  ];
  const { client, sent } = clientThatTells(TOKEN, pages);
  const rows: unknown[] = [];
  for await (const row of client.each.listAccounts({ api: "a", limit: 2 })) {
    rows.push(row);
    if (rows.length === 2) expect(sent).toHaveLength(1);
  }
  expect(rows).toEqual([1, 2, 3]);
  expect(sent.map(({ url }) => new URL(url).search)).toEqual(["?limit=2", "?limit=2&cursor=p2"]);
});

test("stops asking when the reader stops reading", async () => {
  const { client, sent } = clientThatTells(TOKEN, [{ data: [1], nextCursor: "p2" }]);
  for await (const row of client.each.listAccounts({ api: "a" })) {
    expect(row).toBe(1);
    break;
  }
  expect(sent).toHaveLength(1);
});

test("takes an answer without rows for none of a list", async () => {
  const { client } = clientThatTells(TOKEN, [{ status: "ok" }]);
  const first = client.each.listAccounts({ api: "a" }).next();
  await expect(first).rejects.toMatchObject({ name: "LatchkeyError", code: "UNEXPECTED_ANSWER" });
});
