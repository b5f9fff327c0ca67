import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { aContext } from "../testing/builders.ts";
import { API, type OAuthWorld, startLoneOAuthWorld } from "../testing/oauth-world.ts";

// What an authorization request may look like, and what pages and tokens come of it.

let world: OAuthWorld;
beforeAll(async () => {
  world = await startLoneOAuthWorld();
});
afterAll(async () => {
  await world?.close();
  expect(world?.faults).toEqual([]);
});

async function tokens(params: Record<string, string> = {}) {
  const client = await world.register();
  const code = (await world.authorize(client, params)).get("code") ?? "";
  const { body } = await world.redeem(client, code);
  return { client, code, access: String(body.access_token), body };
}

test.each(["token", "revoke", "introspect", "register"])(
  "GET of %s, which takes POST, is answered as every other fault",
  async (endpoint) => {
    const answer = await fetch(`${world.issuer}/oauth/${endpoint}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      404,
      "application/json; charset=utf-8",
    ]);
    expect(await answer.json()).toEqual({
      error: "invalid_request",
      error_description: "nothing at this path takes GET",
    });
  },
);

describe("the request", () => {
  test("O-031: may have parameters that nobody knows", async () => {
    const back = await world.authorize(await world.register(), { unheard_of: "1" });
    expect(back.has("code")).toBe(true);
  });

  test("O-032: has an empty parameter as if it had none", async () => {
    const url = `${world.authorizationUrl(await world.register())}&nonce=&max_age=`;
    const { left } = await newBrowser(world.origin).visit(url);
    expect(left?.searchParams.has("code")).toBe(true);
  });

  test("O-030: may repeat no parameter", async () => {
    const url = `${world.authorizationUrl(await world.register())}&scope=read:users`;
    const { left, answer } = await newBrowser(world.origin).visit(url);
    const error = left?.searchParams.get("error") ?? (await answer.text());
    expect(error).toContain("invalid_request");
  });

  test("O-033: without a response_type is told to the client, with state and issuer", async () => {
    const back = await world.authorize(await world.register(), { response_type: "" });
    expect(Object.fromEntries(back)).toMatchObject({
      error: "invalid_request",
      state: "st",
      iss: world.issuer,
    });
  });

  test.each([
    ["request", "a.b.c", "request_not_supported"],
    ["request_uri", "https://client.example/request", "invalid_request_uri"],
  ])("O-058: may not carry %s", async (name, value, error) => {
    const url = world.authorizationUrl(await world.register(), { [name]: value });
    const { left, answer } = await newBrowser(world.origin).visit(url);
    const text = left === undefined ? await answer.text() : left.href;
    expect(text).toMatch(new RegExp(`${error}|request_uri_not_supported|invalid_request`));
    expect(text).not.toMatch(/[?&]code=/);
  });

  test("O-029: of a client with several redirect URIs must name one", async () => {
    const redirectUris = ["https://client.example/a", "https://client.example/b"];
    const url = world.authorizationUrl(await world.register({ redirectUris }), {
      redirect_uri: "",
    });
    const { left, answer } = await newBrowser(world.origin).visit(url);
    expect(left).toBeUndefined();
    expect(answer.status).toBe(400);
  });

  test("gets no code for a redirect URI that the client gave up while the user was asked", async () => {
    const client = await world.register();
    // To this browser every address is another site, so that it stops at each.
    const steps = newBrowser("nowhere");
    let visit = await steps.visit(world.authorizationUrl(client));
    const input = { id: client.id, redirectUris: ["https://client.example/new"] };
    await world.store.write("updateApplication", input, aContext({ api: API }));
    while (visit.left !== undefined) {
      expect(visit.left.origin).toBe(world.origin);
      visit = await steps.visit(visit.left.href);
    }
    expect(visit.answer.status).toBe(400);
    expect(await visit.answer.text()).toContain("invalid_redirect_uri");
  });

  test.each(["http://[::1]/cb", "http://127.0.0.1/cb"])(
    "O-026: of %s may differ in the port only",
    async (registered) => {
      const client = await world.register({ type: "public", redirectUris: [registered] });
      const asked = ["/cb2", "/cb?x=1", ""].map((path) => registered.replace("/cb", path));
      for (const redirect_uri of [...asked, registered.replace("http:", "https:")]) {
        const { left } = await newBrowser(world.origin).visit(
          world.authorizationUrl(client, { redirect_uri }),
        );
        expect(left, redirect_uri).toBeUndefined();
      }
    },
  );
});

describe("the answers", () => {
  test("O-042 O-046 O-055: repeat no body elsewhere, keep cookies to themselves, allow no other origin", async () => {
    const url = world.authorizationUrl(await world.register());
    const headers = { origin: "https://evil.example" };
    const answer = await fetch(url, { redirect: "manual", headers });
    expect([302, 303]).toContain(answer.status);
    expect(answer.headers.has("access-control-allow-origin")).toBe(false);
    const cookies = answer.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) expect(cookie).toMatch(/httponly/i);
    for (const cookie of cookies) expect(cookie).toMatch(/samesite=lax/i);
  });

  test("O-070: codes have 160 bits or more, and none comes twice", async () => {
    const client = await world.register();
    const browser = newBrowser(world.origin);
    const codes = new Set<string>();
    for (let times = 0; times < 10; times += 1) {
      codes.add((await world.authorize(client, {}, browser)).get("code") ?? "");
    }
    expect(codes.size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[\w-]{27,}$/);
  });

  test.each(["short", "x".repeat(129), `${"x".repeat(43)} `])(
    "O-080: a verifier such as %j is refused",
    async (code_verifier) => {
      const client = await world.register();
      const code = (await world.authorize(client)).get("code") ?? "";
      expect((await world.redeem(client, code, { code_verifier })).status).toBe(400);
    },
  );

  test("O-079: a verifier without a challenge is refused", async () => {
    const client = await world.register();
    const params = { code_challenge: "", code_challenge_method: "" };
    const code = (await world.authorize(client, params)).get("code") ?? "";
    expect((await world.redeem(client, code)).body).toMatchObject({ error: "invalid_grant" });
  });
});

describe("a resource (RFC 8707)", () => {
  test("O-130: may be the API itself", async () => {
    const { body, access } = await tokens({ resource: world.issuer });
    expect(body.scope).toBe("read:users read:projects");
    expect(await world.isLive(access)).toBe(true);
  });

  test("O-130: may be nothing else", async () => {
    const resource = "https://other.example/";
    const back = await world.authorize(await world.register(), { resource });
    expect(back.get("error")).toBe("invalid_target");
  });

  test("O-130: of a host of its own may have the slash that URLs write for an empty path", async () => {
    const bound = await startLoneOAuthWorld({ hosts: ["api.example.com"] });
    const client = await bound.register();
    const { searchParams } = new URL(bound.authorizationUrl(client));
    const push = (resource: string) =>
      bound.post(client, "par", { ...Object.fromEntries(searchParams), resource });
    expect((await push("https://api.example.com/")).status).toBe(201);
    expect((await push("https://api.example.com/v2")).body.error).toBe("invalid_target");
    await bound.close();
  });

  test.each(["https://other.example/", "the API, which nobody granted"])(
    "O-130: that is not granted, %s, costs neither the code nor the refresh token",
    async (asked) => {
      const resource = URL.canParse(asked) ? asked : world.issuer;
      const client = await world.register();
      const code = (await world.authorize(client)).get("code") ?? "";
      expect((await world.redeem(client, code, { resource })).body.error).toBe("invalid_target");
      const { body } = await world.redeem(client, code);
      const token = String(body.refresh_token);
      expect((await world.refresh(client, token, { resource })).body.error).toBe("invalid_target");
      expect((await world.refresh(client, token)).status).toBe(200);
    },
  );
});

describe("userinfo", () => {
  const ask = async (token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${world.issuer}/oauth/userinfo`, { headers });
    return { status: answer.status, body: await answer.json() };
  };

  test("O-143: tells who the user is, to a token with openid alone", async () => {
    const { access } = await tokens({ scope: "openid email" });
    expect(await ask(access)).toEqual({
      status: 200,
      body: { sub: "user_1", email: "user@example.com" },
    });
    expect((await ask((await tokens()).access)).status).toBe(403);
  });

  test("O-143 O-142: refuses no token, an unknown one, and an ID token", async () => {
    const { body } = await tokens({ scope: "openid" });
    for (const token of [undefined, "lk_at_unknown", String(body.id_token)]) {
      expect((await ask(token)).status).toBeGreaterThanOrEqual(400);
    }
  });
});
