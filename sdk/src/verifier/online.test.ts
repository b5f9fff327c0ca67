import { beforeEach, expect, test } from "vitest";
import { aRequest, NOW } from "../testing/known-key.ts";
import { createOnline, type Online } from "./online.ts";
import { LinkError } from "./server-link.ts";

const PRINCIPAL = { kind: "account", accountId: "acct_1", scheme: "api-key" };
const WINDOW = { name: "default", limit: 5, remaining: 0, windowSeconds: 60 };
const ALLOWED = {
  outcome: "allow",
  principal: PRINCIPAL,
  response: { status: 200, headers: { "X-A": "1" }, body: null },
};
const LIMITED = {
  outcome: "deny",
  reason: "rate_limited",
  principal: PRINCIPAL,
  limit: {
    name: "default",
    windows: [{ ...WINDOW, resetAt: new Date(NOW + 60_000).toISOString() }],
    decidedBy: "local",
  },
  response: { status: 429, headers: { "Retry-After": "60" }, body: "{}" },
};

interface Sent {
  readonly requests: readonly { readonly requestId: string }[];
}

/** Of one request that is asked about. */
let answer: (requestId: string) => Promise<unknown>;
let sent: Sent["requests"][];
let monotonic: number;
let problems: string[];
let online: Online;
beforeEach(() => {
  sent = [];
  monotonic = 0;
  problems = [];
  online = createOnline({
    link: {
      post: async (_path, body) => {
        const { requests } = body as Sent;
        sent.push(requests);
        return { decisions: await Promise.all(requests.map((each) => answer(each.requestId))) };
      },
    },
    clock: () => NOW,
    monotonic: () => monotonic,
    onProblem: ({ message }) => problems.push(message),
  });
});

const decide = (headers: readonly string[] = [], requestId = "request-1") =>
  online.decide({ ...aRequest(), headers }, requestId);

test("sends every line of a header as it came, and no cookie, under the request's own id", async () => {
  answer = async () => ALLOWED;
  const twice = ["Authorization", "Bearer a", "authorization", "Bearer b"];
  await decide([...twice, "Cookie", "s=1", "X-A", "1", "X-B", "1", "x-b", "2", "X-b", "3"]);
  expect(sent).toEqual([
    [
      {
        method: "GET",
        url: "/v2/users",
        headers: {
          authorization: ["Bearer a", "Bearer b"],
          "x-a": "1",
          "x-b": ["1", "2", "3"],
        },
        ip: "192.0.2.1",
        secure: true,
        requestId: "request-1",
      },
    ],
  ]);
});

test("no client says where it called, by Host or by an absolute URL", async () => {
  answer = async () => ALLOWED;
  const target = "http://evil.example/v2/users";
  const request = { ...aRequest(), target, headers: ["Host", "evil.example"] };
  await online.decide({ ...request, base: "https://api.acme.com/api" }, "request-1");
  const url = "//http://evil.example/v2/users";
  expect(sent[0]?.[0]).toMatchObject({ url, headers: {}, base: "https://api.acme.com/api" });
});

test("no name of a header makes the server seem to be away", async () => {
  answer = async () => ALLOWED;
  const lines = ["Constructor", "a", "__proto__", "b", "X-A", "c"];
  expect(await decide(lines)).toMatchObject({ decision: { outcome: "allow" } });
  expect(sent[0]?.[0]).toMatchObject({ headers: { constructor: "a", "x-a": "c" } });
  expect(JSON.stringify(sent[0])).not.toContain("__proto__");
});

test("an allow comes with its principal, and is rendered as the server would", async () => {
  answer = async () => ALLOWED;
  expect(await decide()).toMatchObject({
    decision: { outcome: "allow", at: NOW, principal: PRINCIPAL },
    rendered: { status: 200, headers: ["X-A", "1"], body: null },
  });
  expect(online.count).toBe(1);
});

test("a limit says that the server counted, and when to come again", async () => {
  answer = async () => LIMITED;
  const limit = { decidedBy: "server", exceeded: true, retryAt: NOW + 60_000, decisive: WINDOW };
  expect(await decide()).toMatchObject({
    decision: { reason: "rate_limited", retryAfterSeconds: 60, limit },
  });
});

test("a server that does not answer is left alone for half a second, then asked again", async () => {
  answer = () => Promise.reject(new LinkError("no answer"));
  expect(await decide()).toBeUndefined();
  expect(problems).toEqual(["no answer"]);
  answer = async () => ALLOWED;
  monotonic = 499;
  expect(await decide()).toBeUndefined();
  expect(sent).toHaveLength(1);
  monotonic = 500;
  expect(await decide()).toMatchObject({ decision: { outcome: "allow" } });
});

test("a server that refuses one request is asked about the next at once", async () => {
  answer = () => Promise.reject(new LinkError("the server answered 400", 400));
  expect(await decide()).toBe("unfit");
  expect(await decide()).toBe("unfit");
  expect(sent).toHaveLength(2);
});

test("256 at a time are asked about, and no more wait", async () => {
  const held = Promise.withResolvers<unknown>();
  answer = () => held.promise;
  const all = Array.from({ length: 256 }, () => decide());
  expect(await decide()).toBeUndefined();
  held.resolve(ALLOWED);
  expect((await Promise.all(all)).every((each) => each !== undefined)).toBe(true);
});

test("what comes in one turn goes in one call, at most 100 in each, and is answered in order", async () => {
  answer = async (requestId) => ({ ...ALLOWED, principal: { ...PRINCIPAL, userId: requestId } });
  const ids = Array.from({ length: 101 }, (_, n) => `request-${n}`);
  const all = await Promise.all(ids.map((id) => decide([], id)));
  expect(sent.map(({ length }) => length)).toEqual([100, 1]);
  expect(all).toMatchObject(ids.map((userId) => ({ decision: { principal: { userId } } })));
});

test.each([400, 413])("one that the server answers with %i spoils no other", async (status) => {
  answer = async (requestId) => {
    if (requestId === "request-5") throw new LinkError("it is too odd", status);
    return ALLOWED;
  };
  const ids = Array.from({ length: 8 }, (_, n) => `request-${n}`);
  const all = await Promise.all(ids.map((id) => decide([], id)));
  expect(ids.filter((_, n) => all[n] === "unfit")).toEqual(["request-5"]);
  expect(sent.map(({ length }) => length)).toEqual([8, 4, 4, 2, 2, 1, 1]);
});

test("a call that fails for another reason is not made again", async () => {
  answer = () => Promise.reject(new LinkError("no answer"));
  expect(await Promise.all([decide(), decide()])).toEqual([undefined, undefined]);
  expect(sent).toHaveLength(1);
});
