import { afterAll, beforeAll, expect, test } from "vitest";
import { approve } from "../approval.ts";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { type RunningExample, startExample } from "./running-example.ts";

const PERSON = { email: "ada@example.com", password: "a horse is no battery 2958" };

let server: RunningServer;
let example: RunningExample;
let userId: string;
beforeAll(async () => {
  const port = String(await freePort());
  const origin = `http://localhost:${port}`;
  server = await startServer({ env: { LATCHKEY_PORT: port, LATCHKEY_PUBLIC_URL: origin } });
  userId = (await server.create("standard", "users", { accountId: TEST_ACCOUNT, ...PERSON })).id;
  const { clientId, clientSecret } = await server.create("standard", "applications", {
    accountId: TEST_ACCOUNT,
    name: "The shop",
    redirectUris: ["http://127.0.0.1/callback"],
    scopes: ["read:projects"],
  });
  example = await startExample("continue-with", server, {
    ISSUER: `${origin}/standard`,
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
  });
});
afterAll(async () => {
  await example?.end();
  await server?.stop();
});

test("who presses the button, signs in and approves comes back known", async () => {
  expect((await example.ask({ path: "/" })).text).toContain("Continue with Acme");
  const { cookie, back } = await pressAndApprove();
  const answer = await example.ask({ path: back, headers: { cookie } });
  expect(answer.json).toEqual({ user: userId, scope: "openid read:projects" });
  expect((await example.ask({ path: back, headers: { cookie } })).status).toBe(400);
});

test("an answer that another browser began is nobody's", async () => {
  const [mine, theirs] = [await pressAndApprove(), await pressAndApprove()];
  const { status, json } = await example.ask({
    path: theirs.back,
    headers: { cookie: mine.cookie },
  });
  expect([status, json]).toEqual([403, { error: "the answer was not Acme's" }]);
  expect((await example.ask({ path: mine.back })).status).toBe(400);
});

async function pressAndApprove() {
  const pressed = await example.ask({ method: "POST", path: "/continue" });
  expect(pressed.status).toBe(303);
  const cookie = String(pressed.headers["set-cookie"]).split(";", 1)[0] ?? "";
  const url = String(pressed.headers.location);
  const { origin, pathname, search } = await approve(url, PERSON);
  expect(origin).toBe(`http://127.0.0.1:${example.port}`);
  return { cookie, back: pathname + search };
}
