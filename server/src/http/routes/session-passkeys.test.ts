import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { phoneAttestation, selfAttestation } from "../../testing/attestation.ts";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import { newSignedIn, PASSWORD, type SignedIn, signedIn } from "../../testing/signed-in.ts";
import { newSoftPasskey, type SoftPasskey } from "../../testing/soft-passkey.ts";
import { totpCode } from "../../testing/totp-code.ts";

const API = "/v1/apis/standard";
const ORIGIN = "http://localhost:4000";
const MINUTE = 60_000;

let it: ManagementApp;
const passkeys = new Map<string, SoftPasskey>();
let seed = "";
beforeAll(async () => {
  it = await openManagementApp();
  await it.call("POST", `${API}/accounts`, { body: { id: "acct_1", name: "Acme" } });
  for (const name of ["uma", "tom"]) {
    const email = `${name}@example.com`;
    const user = { id: `user_${name}`, accountId: "acct_1", email, password: PASSWORD };
    await it.call("POST", `${API}/users`, { body: user });
    const browser = await signedIn(it, email, "standard");
    const { options } = (await browser.call("POST", "/v1/session/passkeys/options")).json;
    const passkey = newSoftPasskey(ORIGIN);
    const added = { name: "Laptop", response: passkey.register(options) };
    expect((await browser.call("POST", "/v1/session/passkeys", added)).status).toBe(201);
    passkeys.set(name, passkey);
    if (name !== "tom") continue;
    seed = (await browser.call("POST", "/v1/session/totp")).json.secret;
    const code = totpCode(seed, it.clock());
    expect((await browser.call("POST", "/v1/session/totp/confirm", { code })).status).toBe(200);
  }
});
afterAll(() => it.close());

async function answer(browser: SignedIn, name: string, api?: string) {
  const where = api === undefined ? {} : { api };
  const { options } = (await browser.call("POST", "/v1/session/passkey-options", where)).json;
  return { ...where, response: passkeys.get(name)?.sign(options) };
}

/** After Tom's password. */
async function half(): Promise<SignedIn> {
  const browser = newSignedIn(it);
  const body = { email: "tom@example.com", password: PASSWORD, api: "standard" };
  const { json } = await browser.call("POST", "/v1/session", body);
  expect(json).toEqual({ next: "code", methods: ["totp", "recovery-code", "passkey"] });
  return browser;
}

test("a passkey alone signs in, and each answer counts once", async () => {
  const browser = newSignedIn(it);
  const body = await answer(browser, "uma", "standard");
  const done = await browser.call("POST", "/v1/session/passkey", body);
  expect(done.json).toMatchObject({
    next: "done",
    session: { kind: "user", person: { id: "user_uma" }, factors: { passkeys: 1 } },
  });
  expect((await newSignedIn(it).call("POST", "/v1/session/passkey", body)).status).toBe(401);
});

test.each([
  ["a page of another origin", { origin: "http://localhost:4001" }],
  ["a page that only begins like ours", { origin: "http://localhost:4000.evil.example" }],
  ["another host's authenticator", { host: "evil.example" }],
  ["nobody that was looked at", { unverified: true }],
  ["a copy that has signed less often", { counter: 1 }],
  ["one that says to be another person's", { userHandle: "dXNlcl90b20" }],
  ["one that does not say whose it is", { userHandle: null }],
] as const)("is refused from %s", async (_who, lie) => {
  const browser = newSignedIn(it);
  const asked = () => browser.call("POST", "/v1/session/passkey-options", { api: "standard" });
  const answered = async (lies: object) => ({
    api: "standard",
    response: passkeys.get("uma")?.sign((await asked()).json.options, lies),
  });
  it.clock.advance(MINUTE);
  const wrong = await browser.call("POST", "/v1/session/passkey", await answered(lie));
  expect(wrong.json.error.code).toBe("SIGN_IN_REFUSED");
  const right = await browser.call("POST", "/v1/session/passkey", await answered({}));
  expect(right.status).toBe(200);
});

test("a challenge is answered within five minutes", async () => {
  const [early, late] = [newSignedIn(it), newSignedIn(it)];
  const [one, two] = [
    await answer(early, "uma", "standard"),
    await answer(late, "uma", "standard"),
  ];
  it.clock.advance(5 * MINUTE - 1);
  expect((await early.call("POST", "/v1/session/passkey", one)).status).toBe(200);
  it.clock.advance(1);
  expect((await late.call("POST", "/v1/session/passkey", two)).status).toBe(401);
});

test("nobody registers a passkey with what another person was asked", async () => {
  await it.call("POST", `${API}/users`, {
    body: { accountId: "acct_1", email: "eve@example.com", password: PASSWORD },
  });
  const [uma, eve] = [
    await signedIn(it, "uma@example.com", "standard"),
    await signedIn(it, "eve@example.com", "standard"),
  ];
  const { options } = (await uma.call("POST", "/v1/session/passkeys/options")).json;
  const response = newSoftPasskey(ORIGIN).register(options);
  const stolen = { name: "Eve's", response };
  expect((await eve.call("POST", "/v1/session/passkeys", stolen)).status).toBe(400);
  const { options: signing } = (await uma.call("POST", "/v1/session/passkey-options")).json;
  const mixed = { name: "Mixed", response: newSoftPasskey(ORIGIN).register(signing) };
  expect((await uma.call("POST", "/v1/session/passkeys", mixed)).status).toBe(400);
});

test("who made it says so itself or not at all: nobody is asked about certificates", async () => {
  const asked: (string | undefined)[] = [];
  const stranger = createServer((request, response) => {
    asked.push(request.url);
    response.end();
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const { port } = stranger.address() as AddressInfo;
  const browser = await signedIn(it, "eve@example.com", "standard");
  const add = async (attest: Parameters<SoftPasskey["register"]>[1]) => {
    const { options } = (await browser.call("POST", "/v1/session/passkeys/options")).json;
    const response = newSoftPasskey(ORIGIN).register(options, attest);
    return browser.call("POST", "/v1/session/passkeys", { name: "Phone", response });
  };
  try {
    const list = `http://127.0.0.1:${port}/list`;
    const answer = await add((about) => phoneAttestation(about, list));
    expect([answer.status, asked]).toEqual([400, []]);
    expect((await add(selfAttestation)).status).toBe(201);
  } finally {
    stranger.close();
  }
});

test.each([
  ["an id of 1,023 bytes", { idBytes: 1023 }, 201],
  ["a longer one", { idBytes: 1024 }, 400],
  ["a public key of 2,048 bytes", { paddingBytes: 1966 }, 201],
  ["a longer one", { paddingBytes: 1967 }, 400],
])("it may have %s", async (_what, make, status) => {
  const browser = await signedIn(it, "eve@example.com", "standard");
  const { options } = (await browser.call("POST", "/v1/session/passkeys/options")).json;
  const added = { name: "Odd", response: newSoftPasskey(ORIGIN, make).register(options) };
  expect((await browser.call("POST", "/v1/session/passkeys", added)).status).toBe(status);
});

test("nothing is kept of how it is reached but the ways there are", async () => {
  const browser = await signedIn(it, "eve@example.com", "standard");
  for (const transports of [{ length: 9 }, "usb", ["x".repeat(9000), "usb", "nfc", "usb", 1]]) {
    const { options } = (await browser.call("POST", "/v1/session/passkeys/options")).json;
    const response = newSoftPasskey(ORIGIN, { transports }).register(options);
    const added = await browser.call("POST", "/v1/session/passkeys", { name: "Odd", response });
    const kept = await it.store.passkeys.find("standard", added.json.id);
    expect(kept?.transports).toEqual(Array.isArray(transports) ? ["usb", "nfc"] : []);
  }
});

test("after the password it is the second factor, without saying which API", async () => {
  const browser = await half();
  const done = await browser.call("POST", "/v1/session/passkey", await answer(browser, "tom"));
  expect(done.json).toMatchObject({ next: "done", session: { person: { id: "user_tom" } } });
});

test("after one person's password no other's passkey counts", async () => {
  const browser = await half();
  const done = await browser.call("POST", "/v1/session/passkey", await answer(browser, "uma"));
  expect(done).toMatchObject({ status: 401, json: { error: { code: "SIGN_IN_REFUSED" } } });
  expect((await browser.call("GET", "/v1/session")).status).toBe(401);
});

test("what was asked for in one session is answered in no other", async () => {
  const [one, two] = [await half(), await half()];
  const body = await answer(one, "tom");
  expect((await two.call("POST", "/v1/session/passkey", body)).status).toBe(401);
  expect((await one.call("POST", "/v1/session/passkey", body)).status).toBe(200);
});

test("an operator's sign-in takes no user's passkey", async () => {
  const browser = newSignedIn(it);
  const body = await answer(browser, "uma");
  expect((await browser.call("POST", "/v1/session/passkey", body)).status).toBe(401);
});

test("is a fresh proof for its own person alone", async () => {
  const browser = await signedIn(it, "uma@example.com", "standard");
  it.clock.advance(5 * MINUTE);
  const prove = async (name: string) => {
    const { response } = await answer(browser, name);
    return browser.call("POST", "/v1/session/proof", { passkey: response });
  };
  expect((await prove("tom")).json.error.code).toBe("SIGN_IN_REFUSED");
  expect((await prove("uma")).status).toBe(200);
});

test("is listed by its name, and removed after a fresh proof only", async () => {
  const browser = await signedIn(it, "uma@example.com", "standard");
  const [passkey] = (await browser.call("GET", "/v1/session/passkeys")).json.data;
  expect(passkey).toMatchObject({ name: "Laptop", lastUsedAt: expect.any(String) });
  const remove = () =>
    browser.call("POST", `/v1/session/passkeys/${encodeURIComponent(passkey.id)}/remove`);
  it.clock.advance(5 * MINUTE);
  expect((await remove()).json.error.code).toBe("FRESH_PROOF_REQUIRED");
  await browser.call("POST", "/v1/session/proof", { password: PASSWORD });
  expect((await remove()).status).toBe(204);
  expect((await browser.call("GET", "/v1/session/passkeys")).json.data).toEqual([]);
});
