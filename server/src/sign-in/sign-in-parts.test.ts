import { readFileSync } from "node:fs";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "../accounts/password.ts";
import { openStore } from "../store/open-store.ts";
import { createSealing } from "../store/sealing.ts";
import { DEPLOYMENT, type Store } from "../store/store.ts";
import { aContext, anAccount, aUser } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { frozenClock, NOW } from "../testing/now.ts";
import { temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createSignInParts, type SignInParts } from "./create-sign-in-parts.ts";
import type { Person } from "./people.ts";
import { resealSeeds } from "./second-factors.ts";

const API = "standard";
const WHENCE = { address: "192.0.2.1", requestId: "req_1" };
const DEED = { ...WHENCE, actor: { kind: "operator", id: "op_1" } } as const;
const PUBLIC_URL = "https://auth.example.com";
const PASSWORD = "CANARY a horse is no battery";
const MASTER = new Uint8Array(32).fill(1);
const DAY = 86_400_000;

const sqlite = temporarySqlite();
const clock = frozenClock();
const mails: { to: string; text: string }[] = [];
let store: Store;

const partsWith = ({ delivers = true }: { delivers?: boolean } = {}): SignInParts =>
  createSignInParts({
    store,
    clock,
    sealing: createSealing([MASTER]),
    masterKeys: [MASTER],
    publicUrl: PUBLIC_URL,
    apis: new Set([API]),
    hashPassword,
    isBreached: async (password) => password === "correct horse battery staple",
    mail: {
      delivers,
      send: async (mail) => {
        mails.push(mail);
      },
    },
    onFault: (fault) => {
      throw fault;
    },
  });

let parts: SignInParts;
let people = 0;
async function aPerson(): Promise<{ person: Person; email: string }> {
  people += 1;
  const id = `user_${people}`;
  const email = `person-${people}@example.com`;
  const passwordHash = await hashPassword(PASSWORD);
  await store.write("createUser", aUser({ id, email, passwordHash }), aContext({ api: API }));
  return { person: { kind: "user", api: API, id }, email };
}

beforeAll(async () => {
  store = await openStore({ url: sqlite.url, clock, log: keptLog() });
  await store.write("createAccount", anAccount(), aContext({ api: API }));
  parts = partsWith();
});
afterAll(async () => {
  await store?.close();
  sqlite.remove();
});

const tokenOf = (link: string | undefined) => /[#]\w+=([\w-]{43})/.exec(link ?? "")?.[1] ?? "";
const events = async (api: string) =>
  (await store.events.list(api, {}, { limit: 200, after: undefined })).items;

async function anApp(person: Person): Promise<{ secret: string; codes: string[] }> {
  const { secret } = await parts.secondFactors.beginTotp(person, WHENCE);
  const code = new TOTP({ secret }).generate({ timestamp: clock() });
  const { recoveryCodes } = await parts.secondFactors.confirmTotp(person, code, WHENCE);
  return { secret, codes: recoveryCodes };
}

test("nothing that is typed as an address counts against somebody's codes or proofs", async () => {
  const { person } = await aPerson();
  const { codes } = await anApp(person);
  for (const api of ["code", "proof"]) {
    for (let n = 0; n < 5; n += 1) {
      const attempt = { api, email: `${API} ${person.id}`, password: "x", requestId: null };
      const tried = await parts.signIn({ ...attempt, address: `198.51.100.${n}` });
      expect(tried.outcome).toBe("refused");
    }
  }
  const { checkCode } = parts.secondFactors;
  expect((await checkCode(person, codes[0] ?? "", WHENCE)).outcome).toBe("right");
  expect((await parts.passwords.check(person, PASSWORD, WHENCE)).outcome).toBe("right");
});

describe("the first operator", () => {
  test("is an owner, made once by the newest set-up link, who then signs in", async () => {
    const old = tokenOf(await parts.links.makeSetup());
    const link = await parts.links.makeSetup();
    expect(link).toMatch(/^https:\/\/auth\.example\.com\/dashboard\/#setup=[\w-]{43}$/);
    const token = tokenOf(link);
    const use = { name: "Ada", email: "ada@example.com", password: PASSWORD };
    expect(await parts.links.consume("setup", old, use, WHENCE)).toBeUndefined();
    expect(await parts.links.look("setup", token)).toEqual({
      ...{ kind: "setup", email: null, name: null, api: null },
    });
    for (const [field, wrong] of [
      ["name", { ...use, name: " " }],
      ["name", { ...use, name: undefined }],
      ["email", { ...use, email: "ada" }],
      ["password", { ...use, password: "ada@example.COM" }],
    ] as const) {
      const attempt = parts.links.consume("setup", token, wrong, WHENCE);
      await expect(attempt).rejects.toMatchObject({ details: { field } });
    }
    const person = await parts.links.consume("setup", token, use, WHENCE);
    expect(person).toMatchObject({ kind: "operator", api: null });
    expect(await parts.links.consume("setup", token, use, WHENCE)).toBeUndefined();
    expect(await parts.links.makeSetup()).toBeUndefined();
    const attempt = { api: null, email: "ADA@example.com", password: PASSWORD, ...WHENCE };
    expect(await parts.signIn(attempt)).toMatchObject({ outcome: "right", person });
    expect(await parts.people.find(person as Person)).toMatchObject({
      ...{ name: "Ada", role: "owner", apis: null },
    });
    expect((await parts.signIn({ ...attempt, api: API })).outcome).toBe("refused");
  });

  test("invites others, who choose their passwords; the link is told where no mail goes", async () => {
    const deed = { ...WHENCE, actor: { kind: "operator", id: "opr_1" } } as const;
    const draft = { email: "bob@example.com", name: "Bob", role: "viewer" } as const;
    const wrong = parts.operatorPersons.create(deed, { ...draft, apis: [API, "none"] });
    await expect(wrong).rejects.toMatchObject({ details: { field: "apis[1]" } });
    const { person, link } = await parts.operatorPersons.create(deed, { ...draft, apis: [API] });
    expect([person.active, person.apis, link]).toEqual([false, [API], undefined]);
    const token = tokenOf(mails.at(-1)?.text);
    expect(mails.at(-1)?.to).toBe("bob@example.com");
    const invited = { kind: "operator", api: null, id: person.id } as const;
    const again = await partsWith({ delivers: false }).links.invite(invited, DEED);
    expect(await parts.links.look("invitation", token)).toBeUndefined();
    const use = { password: PASSWORD };
    const newest = tokenOf(again.link);
    expect(await parts.links.consume("invitation", newest, use, WHENCE)).toEqual(invited);
    const { items } = await parts.operatorPersons.list({ limit: 10, after: undefined });
    expect(items.find(({ id }) => id === person.id)).toMatchObject({ name: "Bob", active: true });
  });
});

describe("links", () => {
  test.each([
    ["an invitation", "invitation", 7 * DAY],
    ["a reset", "reset", DAY / 24],
  ] as const)("%s can be used up to its last millisecond", async (_what, kind, lifetime) => {
    const { person, email } = await aPerson();
    if (kind === "invitation") await parts.links.invite(person, DEED);
    else await parts.links.requestReset(API, email, WHENCE);
    await expect.poll(() => mails.at(-1)?.to).toBe(email);
    const token = tokenOf(mails.at(-1)?.text);
    clock.advance(lifetime - 1);
    expect(await parts.links.look(kind, token)).toMatchObject({ email });
    clock.advance(1);
    expect(await parts.links.look(kind, token)).toBeUndefined();
    expect(await parts.links.consume(kind, token, { password: PASSWORD }, WHENCE)).toBeUndefined();
  });

  test("three resets an hour are mailed to one person, however many are asked for", async () => {
    const { email } = await aPerson();
    const sent = () => mails.filter(({ to }) => to === email).length;
    for (let i = 0; i < 6; i += 1) {
      const whence = { address: `198.51.100.${i}`, requestId: null };
      await parts.links.requestReset(API, email, whence);
      await expect.poll(sent).toBe(Math.min(i + 1, 3));
    }
  });

  test("managed users and people without a password get no reset", async () => {
    const before = mails.length;
    const nobody = aUser({ id: "user_without", email: "without@example.com" });
    await store.write("createUser", nobody, aContext({ api: API }));
    await parts.links.requestReset(API, "without@example.com", WHENCE);
    const { email } = await aPerson();
    await parts.links.requestReset(API, email, { address: "203.0.113.1", requestId: null });
    await expect.poll(() => mails.length).toBe(before + 1);
    expect(mails.at(-1)?.to).toBe(email);
  });
});

describe("a new password", () => {
  test.each([
    ["too short by one", "x".repeat(11)],
    ["too long by one", "x".repeat(1025)],
    ["known elsewhere", "correct horse battery staple"],
  ])("is refused when %s", async (_what, password) => {
    const { person } = await aPerson();
    const attempt = parts.passwords.set(person, password, WHENCE);
    await expect(attempt).rejects.toMatchObject({ details: { field: "password" } });
    expect((await parts.passwords.check(person, PASSWORD, WHENCE)).outcome).toBe("right");
    const chosenForThem = parts.passwords.fit(password, null);
    await expect(chosenForThem).rejects.toMatchObject({ details: { field: "password" } });
  });

  test.each(["x".repeat(12), "\u{1F40E}".repeat(12), "x".repeat(1024)])(
    "may be %s",
    async (password) => {
      const { person } = await aPerson();
      await parts.passwords.set(person, password, WHENCE);
      expect((await parts.passwords.check(person, password, WHENCE)).outcome).toBe("right");
      expect((await parts.passwords.check(person, PASSWORD, WHENCE)).outcome).toBe("refused");
    },
  );
});

test("guesses at a password as proof are slowed down", async () => {
  const { person } = await aPerson();
  const outcomes: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    const whence = { address: `198.51.100.${100 + i}`, requestId: null };
    outcomes.push((await parts.passwords.check(person, "wrong", whence)).outcome);
  }
  expect(outcomes).toEqual([...Array(5).fill("refused"), "wait"]);
});

test("seeds are sealed under the newest master key, and those of a lost one are counted", async () => {
  const { person } = await aPerson();
  const { secret } = await anApp(person);
  const newer = new Uint8Array(32).fill(2);
  const rotated = createSealing([newer, MASTER]);
  const { resealed, lost } = await resealSeeds({ store, sealing: rotated, clock });
  expect([resealed > 0, lost]).toEqual([true, 0]);
  expect(await resealSeeds({ store, sealing: rotated, clock })).toEqual({ resealed: 0, lost: 0 });
  const sealing = createSealing([newer]);
  expect(await resealSeeds({ store, sealing, clock })).toEqual({ resealed: 0, lost: 0 });
  clock.advance(30_000);
  const code = new TOTP({ secret }).generate({ timestamp: clock() });
  const other = createSignInParts({
    ...{ store, clock, sealing, masterKeys: [newer], publicUrl: PUBLIC_URL, apis: new Set([API]) },
    ...{ hashPassword, mail: { delivers: false, send: async () => undefined } },
    onFault: () => undefined,
  });
  expect(await other.secondFactors.checkCode(person, code, WHENCE)).toMatchObject({
    method: "totp",
  });
  const strange = createSealing([new Uint8Array(32).fill(3)]);
  expect((await resealSeeds({ store, sealing: strange, clock })).lost).toBeGreaterThan(0);
  await resealSeeds({ store, sealing: createSealing([MASTER, newer]), clock });
});

test("nothing that lets anyone in is in the database or on the trail", async () => {
  const { person, email } = await aPerson();
  const { secret, codes } = await anApp(person);
  await parts.links.requestReset(API, email, { address: "203.0.113.9", requestId: null });
  await expect.poll(() => mails.at(-1)?.to).toBe(email);
  const token = tokenOf(mails.at(-1)?.text);
  await parts.signIn({ api: API, email, password: `${PASSWORD}!`, ...WHENCE });
  const [code = ""] = codes;
  await parts.secondFactors.checkCode(person, code, WHENCE);
  const seed = Buffer.from(new TOTP({ secret }).secret.bytes);
  const files = ["", "-wal"].map((end) => readFileSync(`${sqlite.path}${end}`));
  const canaries = [secret, code, code.replaceAll("-", ""), token, PASSWORD, seed];
  for (const canary of canaries) {
    expect(files.some((file) => file.includes(canary))).toBe(false);
  }
  expect(files.some((file) => file.includes(email))).toBe(true);
  const trail = JSON.stringify([await events(API), await events(DEPLOYMENT)]);
  expect(trail).toContain("recovery_code.used");
  for (const canary of canaries) expect(trail).not.toContain(canary.toString("hex"));
  expect(clock()).toBeGreaterThan(NOW);
});
