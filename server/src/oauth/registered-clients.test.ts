import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, newBrowser } from "../testing/browser.ts";
import { aContext } from "../testing/builders.ts";
import { DATABASES } from "../testing/databases.ts";
import { API, type Client, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";
import { DEVICE_CODE } from "./client-metadata.ts";

// Clients that nobody registered for them, and the ways in that they use.

const DOCUMENT = "https://client.example/client.json";
const CALLBACK = "https://client.example/callback";
const PLAIN = "http://client.example/callback";
/** Whoever reads it sees another host than it leads to. */
const MISLEADING = "https://good.example@client.example/";
const ELEVEN = Array.from({ length: 11 }, (_, i) => `${CALLBACK}/${i}`);
/** Members that hold an address, with one that misleads; and the error of RFC 7591 §3.2.2. */
const MISLEADING_MEMBERS = [
  ["redirect_uris", [CALLBACK, MISLEADING], "invalid_redirect_uri"],
  ["redirect_uris", [CALLBACK, "https://:secret@client.example/"], "invalid_redirect_uri"],
  ["redirect_uris", [CALLBACK, "https:\\\\good.example@client.example"], "invalid_redirect_uri"],
  ["redirect_uris", [CALLBACK, "http://good.example@localhost/"], "invalid_redirect_uri"],
  ["post_logout_redirect_uris", [MISLEADING], "invalid_client_metadata"],
  ["backchannel_logout_uri", MISLEADING, "invalid_client_metadata"],
  ["client_uri", MISLEADING, "invalid_client_metadata"],
  ["logo_uri", MISLEADING, "invalid_client_metadata"],
  ["policy_uri", MISLEADING, "invalid_client_metadata"],
  ["tos_uri", MISLEADING, "invalid_client_metadata"],
  ["jwks_uri", MISLEADING, "invalid_client_metadata"],
  ["initiate_login_uri", MISLEADING, "invalid_client_metadata"],
] as const;
/** By the address of its document, what a client may not say of itself. */
const UNSAFE: Readonly<Record<string, object>> = {
  "https://client.example/codes.json": { redirect_uris: [CALLBACK, PLAIN] },
  "https://client.example/people.json": { post_logout_redirect_uris: [PLAIN] },
  "https://client.example/sign-outs.json": { backchannel_logout_uri: PLAIN },
  "https://client.example/name.json": { client_name: "\u202eelgooG" },
  "https://client.example/pkce.json": { latchkey_pkce: "optional" },
  "https://client.example/format.json": { latchkey_access_token_format: "jwt" },
  ...Object.fromEntries(
    MISLEADING_MEMBERS.map(([member, value], i) => [
      `https://client.example/${i}-${member}.json`,
      { [member]: value },
    ]),
  ),
};

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`on ${database.name}`, () => {
    let world: OAuthWorld;
    /** Documents of clients. */
    let fetched = 0;
    const document: Record<string, unknown> = {
      client_id: DOCUMENT,
      client_name: "By document",
      redirect_uris: ["https://client.example/callback"],
      token_endpoint_auth_method: "none",
    };
    beforeAll(async () => {
      await database.start();
      world = await startOAuthWorld(await database.newUrl(), {}, async (url) => {
        fetched += 1;
        const own = UNSAFE[String(url)];
        return Response.json({ ...document, ...(own && { client_id: String(url), ...own }) });
      });
    });
    afterAll(async () => {
      await world?.close();
      await database.stop();
      expect(world?.faults).toEqual([]);
    });

    async function ask(url: string, init: RequestInit & { json?: object } = {}) {
      const { json, ...rest } = init;
      const headers = new Headers(init.headers);
      if (json !== undefined) headers.set("content-type", "application/json");
      const body = json === undefined ? null : JSON.stringify(json);
      const answer = await fetch(url, { ...rest, headers, body });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? {} : JSON.parse(text) };
    }

    const registerItself = (metadata: object = {}, after = "") =>
      ask(`${world.issuer}/oauth/register${after}`, {
        method: "POST",
        json: { redirect_uris: ["https://client.example/callback"], ...metadata },
      });

    describe("dynamic registration (RFC 7591)", () => {
      test("gives a client that users can approve, and that can be looked at and removed", async () => {
        const { status, body } = await registerItself({ client_name: "Itself" });
        expect(status).toBe(201);
        const { client_id: id, client_secret: secret, registration_access_token: token } = body;
        const client: Client = { id, secret, redirectUri: "https://client.example/callback" };
        const code = (await world.authorize(client)).get("code") ?? "";
        const { access_token } = (await world.redeem(client, code)).body;
        expect(await world.isLive(String(access_token))).toBe(true);

        const headers = { authorization: `Bearer ${token}` };
        const aDayOn = aContext({ api: API, at: Date.now() + 86_400_000 });
        await world.store.write("forgetArtifacts", { limit: 500 }, aDayOn);
        const shown = await ask(body.registration_client_uri, { headers });
        expect(shown.body).toMatchObject({ client_id: id, client_name: "Itself" });
        expect(shown.body).not.toHaveProperty("client_secret");
        const removed = await ask(body.registration_client_uri, { headers, method: "DELETE" });
        expect(removed.status).toBe(204);
        expect(await world.isLive(String(access_token))).toBe(false);
      });

      test("tells a client that names no scopes which it got", async () => {
        const { body } = await registerItself();
        const { body: shown } = await ask(body.registration_client_uri, {
          headers: { authorization: `Bearer ${body.registration_access_token}` },
        });
        expect(body.scope).toContain("read:users");
        expect(body.scope).not.toContain("admin:all");
        expect(body.scope).toBe(shown.scope);
        const changed = await ask(body.registration_client_uri, {
          method: "PUT",
          headers: {
            authorization: `Bearer ${shown.registration_access_token ?? body.registration_access_token}`,
          },
          json: { client_id: body.client_id, redirect_uris: [CALLBACK] },
        });
        expect([changed.status, changed.body.scope]).toEqual([200, body.scope]);
      });

      test.each([
        ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"],
        ["http://127.0.0.1:3000/cb", "http://127.0.0.1/cb"],
        ["http://[::1]:3000/cb", "http://[::1]:49152/cb"],
      ])("O-025: of the registered %s the port may differ, as in %s", async (registered, asked) => {
        const { body } = await registerItself({
          redirect_uris: [registered],
          token_endpoint_auth_method: "none",
        });
        const client: Client = { id: body.client_id, secret: null, redirectUri: asked };
        const code = (await world.authorize(client)).get("code") ?? "";
        expect((await world.redeem(client, code)).status).toBe(200);
        for (const other of ["/cb2", "/cb?a=b", ""].map((path) => asked.replace("/cb", path))) {
          const url = world.authorizationUrl({ ...client, redirectUri: other });
          const { left, answer } = await newBrowser(world.origin).visit(url);
          expect([left, answer.status]).toEqual([undefined, 400]);
        }
      });

      test.each([
        ["O-023: a relative redirect", { redirect_uris: ["/callback"] }],
        ["O-023: a fragment", { redirect_uris: ["https://client.example/#a"] }],
        ["O-024: plain http", { redirect_uris: ["http://client.example/"] }],
        ["O-027: javascript:", { redirect_uris: ["javascript:alert(1)"] }],
        ["O-027: data:", { redirect_uris: ["data:text/html,x"] }],
        [
          "O-027: a scheme without a dot",
          { redirect_uris: ["myapp:/cb"], application_type: "native" },
        ],
        ["O-028: a pattern", { redirect_uris: ["https://*.client.example/"] }],
        ["a name without an end", { client_name: "😀".repeat(201) }],
        ["a name that reads another way round", { client_name: "\u202eelgooG" }],
        ["a name of two lines", { client_name: "Good\nVerified application" }],
        ["addresses without an end", { redirect_uris: ELEVEN }],
        ["an address without an end", { logo_uri: `${CALLBACK}?${"x".repeat(2048)}` }],
        ["O-170: a redirect with a line break", { redirect_uris: [`${CALLBACK}\n`] }],
        ["O-170: a redirect with a tab", { redirect_uris: ["https://clie\tnt.example/cb"] }],
        ["O-170: an encoded line break", { redirect_uris: [`${CALLBACK}?a=%0d%0aA:b`] }],
        ["O-170: a way up", { redirect_uris: ["https://client.example/safe/../cb"] }],
        ["O-170: this machine otherwise", { redirect_uris: ["http://127.1/cb"] }],
        [
          "O-170: a scheme of one's own with a line break",
          { redirect_uris: ["com.example.app:/cb\n"], application_type: "native" },
        ],
        ["O-170: an empty fragment for sign-outs", { backchannel_logout_uri: `${CALLBACK}#` }],
        ["a link that reads another way round", { client_uri: `${CALLBACK}/\u202emoc.doog` }],
        ["a link that others can read", { tos_uri: "http://client.example/" }],
        ["a name of blanks", { client_name: "  " }],
        ["a name that nobody sees", { client_name: "\u200b\u3164\u2060" }],
        ["O-170: a scope that opens everything", { scope: "admin:all" }],
        ["O-170: to act for itself", { grant_types: ["client_credentials"], response_types: [] }],
        ["O-170: to say of itself what is ours to say", { latchkey_pkce: "optional" }],
      ])("refuses %s", async (_what, metadata) => {
        const { status, body } = await registerItself(metadata);
        expect(status).toBe(400);
        expect(body.error).toMatch(/^invalid_(client_metadata|redirect_uri)$/);
      });

      test("counts the characters of a name, as an application's are counted", async () => {
        const { status } = await registerItself({ client_name: "😀".repeat(200) });
        expect(status).toBe(201);
      });

      test.each(MISLEADING_MEMBERS)(
        "refuses a user name before the host: %s, %s",
        async (member, value, error) => {
          const { status, body } = await registerItself({ [member]: value });
          expect([status, body.error]).toEqual([400, error]);
          expect(body.error_description).toMatch(new RegExp(`^${member} `));
        },
      );

      test("takes links without one, and an @ that is no user's", async () => {
        const links = { client_uri: "https://client.example/@us", logo_uri: `${CALLBACK}?a@b` };
        expect((await registerItself(links)).status).toBe(201);
      });

      test("O-173: takes a scheme that somebody owns", async () => {
        const metadata = { redirect_uris: ["com.example.app:/cb"], application_type: "native" };
        expect((await registerItself(metadata)).status).toBe(201);
      });
    });

    test("O-056 O-170: an address that tries too often has to wait", async () => {
      const client = await world.register();
      const grant = { grant_type: "client_credentials" };
      const guess = () => world.post({ ...client, secret: "wrong" }, "token", grant);
      for (let times = 0; times < 60; times += 1) expect((await guess()).status).toBe(401);
      expect(await guess()).toMatchObject({ status: 429, body: { error: "slow_down" } });
      expect((await world.post(client, "token", grant)).status).toBe(429);
      world.advance(60);
      expect((await world.post(client, "token", grant)).status).toBe(200);
      let registered = 0;
      while ((await registerItself()).status === 201) registered += 1;
      expect(registered).toBeLessThanOrEqual(60);
      expect(await registerItself({}, "/?x=1")).toMatchObject({ status: 429 });
      world.advance(3600);
      expect((await registerItself()).status).toBe(201);
    });

    test("a slash after an endpoint changes nothing", async () => {
      const page = await fetch(`${world.issuer}/oauth/device/`, { redirect: "manual" });
      expect(page.status).toBe(200);
      expect(page.headers.get("content-type")).toMatch(/^text\/html/);
      const document = `${world.issuer}/.well-known/openid-configuration`;
      expect(await ask(`${document}/`)).toEqual(await ask(document));
      expect((await ask(`${document}//`)).status).toBe(404);
    });

    describe("a client named by its document", () => {
      const client: Client = {
        id: DOCUMENT,
        secret: null,
        redirectUri: "https://client.example/callback",
      };

      test("O-171: is approved like any other", async () => {
        const code = (await world.authorize(client)).get("code") ?? "";
        const { status, body } = await world.redeem(client, code);
        expect(status, JSON.stringify(body)).toBe(200);
        expect(await world.isLive(String(body.access_token))).toBe(true);
      });

      test.each(Object.keys(UNSAFE))("O-024 O-171: is refused: %s", async (id) => {
        const url = world.authorizationUrl({ ...client, id });
        const { left, answer } = await newBrowser(world.origin).visit(url);
        expect(left).toBeUndefined();
        expect(answer.status).toBe(400);
      });

      test("O-170 O-171: an address has no more than 60 documents fetched within a minute", async () => {
        world.advance(60);
        const before = fetched;
        const visit = async (n: number) => {
          const id = `https://client.example/unknown/${n}`;
          return (await fetch(world.authorizationUrl({ ...client, id }))).status;
        };
        for (let n = 0; n < 70; n += 1) expect(await visit(n)).toBe(400);
        expect(fetched - before).toBe(60);
        world.advance(60);
        expect(await visit(70)).toBe(400);
        expect(fetched - before).toBeGreaterThan(60);
      });

      test("O-171: gets no scope that opens everything", async () => {
        const back = await world.authorize(client, { scope: "admin:all" });
        expect(back.get("error")).toBe("invalid_scope");
      });

      test("O-171: is refused when the document says it is another's", async () => {
        const url = world.authorizationUrl({ ...client, id: "https://other.example/client.json" });
        const { left, answer } = await newBrowser(world.origin).visit(url);
        expect(left).toBeUndefined();
        expect(answer.status).toBe(400);
      });
    });

    test("a pushed request (RFC 9126) begins an authorization once", async () => {
      const client = await world.register();
      const { searchParams } = new URL(world.authorizationUrl(client));
      const { status, body } = await world.post(client, "par", Object.fromEntries(searchParams));
      expect(status).toBe(201);
      const request_uri = String(body.request_uri);
      const url = `${world.issuer}/oauth/authorize?${new URLSearchParams({ client_id: client.id, request_uri })}`;
      const { left } = await newBrowser(world.origin).visit(url);
      const code = left?.searchParams.get("code") ?? "";
      expect((await world.redeem(client, code)).status).toBe(200);
      const again = await newBrowser(world.origin).visit(url);
      expect(again.left?.searchParams.get("error")).toBe("invalid_request_uri");
    });

    test("a device (RFC 8628) is let in once the user has compared the code", async () => {
      const client = await world.register({ type: "public" });
      const { body } = await world.post(client, "device/code", { scope: "read:users" });
      const device_code = String(body.device_code);
      const poll = () => world.post(client, "token", { grant_type: DEVICE_CODE, device_code });
      expect((await poll()).body).toMatchObject({ error: "authorization_pending" });

      const browser = newBrowser(world.origin);
      const handedOn = await browser.visit(String(body.verification_uri_complete));
      expect(handedOn.answer.headers.get("content-security-policy")).toContain("'sha256-");
      const first = await browser.visit(String(body.verification_uri));
      expect(first.answer.headers.get("content-security-policy")).toContain("frame-ancestors");
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(await first.answer.text())?.[1] ?? "";
      const form = { xsrf, user_code: String(body.user_code), confirm: "yes" };
      const done = await browser.submit(String(body.verification_uri), form);
      expect(await done.answer.text()).toContain("The device is connected");

      const answers = await Promise.all(Array.from({ length: 20 }, poll));
      expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
      for (const { status } of answers) expect([200, 400]).toContain(status);
    });

    test("a wrong user code is told on a page, and nothing else", async () => {
      const browser = newBrowser(world.origin);
      const first = await browser.visit(`${world.issuer}/oauth/device`);
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(await first.answer.text())?.[1] ?? "";
      const form = { xsrf, user_code: "AAAA-AAAA", confirm: "yes" };
      const { answer } = await browser.submit(`${world.issuer}/oauth/device`, form);
      expect(await answer.text()).toContain("There is no such code");
    });

    /** A device that waits, and a browser in which its code is about to be confirmed. */
    async function aDevice(browser = newBrowser(world.origin), scope = "read:users") {
      const client = await world.register({ type: "public" });
      const { body } = await world.post(client, "device/code", { scope });
      const url = String(body.verification_uri);
      const device_code = String(body.device_code);
      const poll = () => world.post(client, "token", { grant_type: DEVICE_CODE, device_code });
      async function confirm(
        from = browser,
        more = {},
      ): Promise<Awaited<ReturnType<Browser["visit"]>>> {
        const page = await (await from.visit(url)).answer.text();
        const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
        return from.submit(url, {
          xsrf,
          user_code: String(body.user_code),
          confirm: "yes",
          ...more,
        });
      }
      return { poll, confirm };
    }

    test.each(["at the code", "at what it asks for"])(
      "a user may say no to a device %s",
      async (at) => {
        const { poll, confirm } = await aDevice();
        world.decision = "denied";
        const { answer } = await confirm(undefined, at === "at the code" ? { abort: "yes" } : {});
        world.decision = "everything";
        const text = await answer.text();
        expect(text).toContain("The device was not connected");
        expect(text).not.toContain("no such code");
        expect((await poll()).body).toMatchObject({ error: "access_denied" });
      },
    );

    test("a device that asks for no scope that there is is told so, and the user too", async () => {
      const { poll, confirm } = await aDevice(undefined, "read:nothing");
      const text = await (await confirm()).answer.text();
      expect(text).toContain("The device asks for nothing that there is");
      expect(text).not.toContain("done before");
      expect((await poll()).body).toMatchObject({ error: "invalid_scope" });
    });

    test("who left before the end may enter the code again, in another browser, and once", async () => {
      const { poll, confirm } = await aDevice();
      const left = await confirm(newBrowser("nowhere"));
      expect(left.left?.pathname).toContain("/interaction/");
      expect(await (await confirm()).answer.text()).toContain("The device is connected");
      const again = await (await confirm()).answer.text();
      expect(again).toContain("There is no such code");
      expect((await poll()).status).toBe(200);
    });

    test.each([
      ["POST", ""],
      ["GET", "/no-sign-in-that-began"],
    ])("a browser without a session begins with the form: %s %s", async (method, more) => {
      const url = `${world.issuer}/oauth/device`;
      for (const cookie of ["", "latchkey_standard_session=ended"]) {
        const headers = { cookie };
        const answer = await fetch(url + more, { method, headers, redirect: "manual" });
        expect([answer.status, answer.headers.get("location")]).toEqual([303, url]);
      }
    });

    test("who guesses user codes has to wait", async () => {
      world.advance(60);
      const browser = newBrowser(world.origin);
      const url = `${world.issuer}/oauth/device`;
      const page = await (await browser.visit(url)).answer.text();
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
      async function guess(): Promise<number> {
        const { answer } = await browser.submit(url, { xsrf, user_code: "AAAA-AAAA" });
        return answer.status;
      }
      for (let times = 0; times < 20; times += 1) expect(await guess()).not.toBe(429);
      expect(await guess()).toBe(429);
      world.advance(60);
    });
  });
}
