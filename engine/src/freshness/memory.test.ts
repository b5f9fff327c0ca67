import { describe, expect, test } from "vitest";
import type { CredentialState } from "../domain/credential.ts";
import type { Question } from "../domain/known.ts";
import { PresentedSecret } from "../domain/presented-secret.ts";
import { ACCOUNT, aCredential, sourceOf } from "../testing/known-key.ts";
import { SOLE_WRITER } from "./lease.ts";
import { Memory, type MemoryParts } from "./memory.ts";
import type { CredentialAnswer } from "./source.ts";

const NOBODY = { address: undefined, counts: true };
const NOTHING: CredentialAnswer = {
  asOf: 5,
  credential: undefined,
  account: undefined,
  material: undefined,
};
const NOW = 1_800_000_000_000;
const CREDENTIAL = aCredential({ scopes: ["read:users"] });
const ANSWER: CredentialAnswer = {
  asOf: 5,
  credential: CREDENTIAL,
  account: ACCOUNT,
  material: undefined,
};

function presented(text: string): PresentedSecret {
  const secret = new PresentedSecret();
  secret.read(text, 0);
  return secret;
}

function question(name: string): Question {
  return { about: "credential", scheme: "api-key", name };
}

/** A source whose answers the test gives, one question at a time. */
function aSource() {
  const questions: { answer(answer: CredentialAnswer): void; fail(): void }[] = [];
  const source = sourceOf(
    () =>
      new Promise<CredentialAnswer>((answer, reject) => {
        questions.push({ answer, fail: () => reject(new Error("away")) });
      }),
  );
  return { questions, source };
}

function aMemory(parts: Partial<MemoryParts<CredentialState>>) {
  return new Memory<CredentialState>({
    source: sourceOf(async () => ANSWER),
    authorityOf: (state) => state,
    proofOf: () => ({ kind: "secret", matches: () => "failed" }),
    lease: SOLE_WRITER,
    admission: { listens: () => true, failed: () => undefined },
    clock: () => NOW,
    capacity: 1024,
    ...parts,
  });
}

/** Lets everything that is already settled take its course. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("asks once for what it does not know, and then knows", async () => {
  const memory = aMemory({});
  expect(memory.credential("api-key", presented("secret"), [])).toBe("ask");
  expect(await memory.ask(question("secret"), NOBODY)).toBe("answered");
  expect(memory.credential("api-key", presented("secret"), [])).toMatchObject({
    id: "key_1",
    revoked: false,
  });
});

test("joins questions about one secret", async () => {
  const { questions, source } = aSource();
  const memory = aMemory({ source });
  const all = Promise.all(Array.from({ length: 10 }, () => memory.ask(question("s"), NOBODY)));
  await settled();
  expect(questions).toHaveLength(1);
  questions[0]?.answer(ANSWER);
  expect(new Set(await all)).toEqual(new Set(["answered"]));
});

test("has at most 64 questions under way", async () => {
  const { questions, source } = aSource();
  const memory = aMemory({ source });
  const all = Promise.all(
    Array.from({ length: 100 }, (_, i) => memory.ask(question(`s${i}`), NOBODY)),
  );
  await settled();
  expect(questions).toHaveLength(64);
  for (let i = 0; i < 100; i += 1) {
    questions[i]?.answer(NOTHING);
    await settled();
    expect(questions.length).toBeLessThanOrEqual(Math.min(100, 65 + i));
  }
  expect(await all).toHaveLength(100);
});

test("remembers what the source does not know, and counts it against the address", async () => {
  const failed: (string | undefined)[] = [];
  const memory = aMemory({
    source: sourceOf(async () => NOTHING),
    admission: { listens: () => true, failed: (address) => failed.push(address) },
  });
  await memory.ask(question("guess"), { address: "192.0.2.1", counts: true });
  expect(memory.credential("api-key", presented("guess"), [])).toBe("unknown");
  expect(failed).toEqual(["192.0.2.1"]);
});

test("forgets what was unknown after five seconds", async () => {
  let now = NOW;
  const memory = aMemory({
    source: sourceOf(async () => NOTHING),
    clock: () => now,
  });
  await memory.ask(question("guess"), NOBODY);
  now += 4999;
  expect(memory.credential("api-key", presented("guess"), [])).toBe("unknown");
  now += 1;
  expect(memory.credential("api-key", presented("guess"), [])).toBe("ask");
});

test("asks nothing for an address that is not listened to, but still knows what it knows", async () => {
  let listens = true;
  const memory = aMemory({ admission: { listens: () => listens, failed: () => undefined } });
  await memory.ask(question("secret"), { address: "192.0.2.1", counts: true });
  listens = false;
  expect(await memory.ask(question("other"), { address: "192.0.2.1", counts: true })).toBe(
    "throttled",
  );
  expect(memory.credential("api-key", presented("secret"), [])).toMatchObject({ id: "key_1" });
  expect(await memory.ask(question("secret"), { address: "192.0.2.1", counts: true })).toBe(
    "answered",
  );
});

test("says so when the source cannot be asked", async () => {
  const { questions, source } = aSource();
  const memory = aMemory({ source });
  const outcome = memory.ask(question("secret"), NOBODY);
  await settled();
  questions[0]?.fail();
  expect(await outcome).toBe("unavailable");
});

test("does not let an answer that was read before a revocation undo it", async () => {
  const { questions, source } = aSource();
  const memory = aMemory({ source });
  const outcome = memory.ask(question("secret"), NOBODY);
  await settled();
  const revoked = { ...CREDENTIAL, revokedAt: NOW };
  memory.applyCredential(6, revoked);
  questions[0]?.answer(ANSWER);
  await settled();
  expect(questions).toHaveLength(2);
  questions[1]?.answer({ ...ANSWER, asOf: 6, credential: revoked });
  expect(await outcome).toBe("answered");
  expect(memory.credential("api-key", presented("secret"), [])).toMatchObject({ revoked: true });
});

test("a key that made room after its revocation is not brought back by an answer from before", async () => {
  const { questions, source } = aSource();
  const memory = aMemory({ source, capacity: 1 });
  const learn = async (name: string, answer: CredentialAnswer) => {
    const outcome = memory.ask(question(name), NOBODY);
    await settled();
    questions.at(-1)?.answer(answer);
    expect(await outcome).toBe("answered");
  };
  await learn("secret", ANSWER);
  memory.applyCredential(6, { ...CREDENTIAL, revokedAt: NOW });
  const other = { ...CREDENTIAL, id: "key_2", lineageId: "key_2" };
  await learn("other", { ...ANSWER, asOf: 6, credential: other });
  expect(memory.credential("api-key", presented("secret"), [])).toBe("ask");
  const late = memory.ask(question("secret"), NOBODY);
  await settled();
  const before = questions.length;
  questions.at(-1)?.answer(ANSWER);
  await settled();
  expect(questions.length).toBe(before + 1);
  questions.at(-1)?.answer({ ...ANSWER, asOf: 6, credential: { ...CREDENTIAL, revokedAt: NOW } });
  await late;
  expect(memory.credential("api-key", presented("secret"), [])).toMatchObject({ revoked: true });
});

test.each([1, 2, 1023, 1025])(
  "keeps no more than %i where that is its capacity",
  async (capacity) => {
    let n = 0;
    const source = sourceOf(async () => {
      n += 1;
      return { ...ANSWER, credential: { ...CREDENTIAL, id: `key_${n}`, lineageId: `key_${n}` } };
    });
    const memory = aMemory({ source, capacity });
    for (let name = 0; name <= capacity; name += 1) {
      await memory.ask(question(`${name}`), NOBODY);
      expect(memory.size).toBe(Math.min(name + 1, capacity));
    }
    const last = memory.credential("api-key", presented(`${capacity}`), []);
    expect(last).toMatchObject({ id: `key_${capacity + 1}` });
  },
);

test("does not let an answer that was read before a suspension undo it", async () => {
  const { questions, source } = aSource();
  const memory = aMemory({ source });
  const outcome = memory.ask(question("secret"), NOBODY);
  await settled();
  memory.applyAccount(6, { ...ACCOUNT, status: "suspended" });
  for (let i = 0; i < 3; i += 1) {
    questions[i]?.answer(ANSWER);
    await settled();
  }
  expect(await outcome).toBe("unavailable");
  expect(memory.credential("api-key", presented("secret"), [])).toBe("ask");
});

test("applies a change to what it knows, at once", async () => {
  const memory = aMemory({});
  await memory.ask(question("secret"), NOBODY);
  memory.applyCredential(6, { ...CREDENTIAL, revokedAt: NOW, scopes: [] });
  memory.applyAccount(7, { ...ACCOUNT, status: "suspended" });
  const found = memory.credential("api-key", presented("secret"), []);
  expect(found).toMatchObject({ revoked: true });
  if (typeof found === "string") throw new Error(found);
  expect(found.account.status).toBe("suspended");
  expect(found.authority.scopes).toEqual([]);
});

/** What memory holds of the secret, which it must hold. */
function known(memory: Memory<CredentialState>, secret: string) {
  const found = memory.credential("api-key", presented(secret), []);
  if (typeof found === "string") throw new Error(found);
  return found;
}

test("what was found stays as it was found, whatever is applied later", async () => {
  const memory = aMemory({});
  await memory.ask(question("secret"), NOBODY);
  const before = known(memory, "secret");
  memory.applyCredential(6, { ...CREDENTIAL, revokedAt: NOW, expiresAt: NOW, scopes: [] });
  memory.applyAccount(7, { ...ACCOUNT, status: "suspended" });
  expect(before).toMatchObject({ revoked: false, expiresAt: Number.POSITIVE_INFINITY });
  expect(before.authority.scopes).toEqual(["read:users"]);
  expect(before.account.status).toBe("active");
});

test("knows the user and the chain of rotations of a credential that has them", async () => {
  const memory = aMemory({});
  await memory.ask(question("secret"), NOBODY);
  expect(known(memory, "secret")).toMatchObject({ userId: null, lineageId: "key_1" });
  memory.applyCredential(6, { ...CREDENTIAL, userId: "user_1" });
  expect(known(memory, "secret")).toMatchObject({ id: "key_1", userId: "user_1" });
  memory.applyCredential(7, { ...CREDENTIAL, lineageId: "key_0" });
  expect(known(memory, "secret")).toMatchObject({ id: "key_1", lineageId: "key_0", userId: null });
});

test("keeps where counters are until the credential changes", async () => {
  const memory = aMemory({});
  await memory.ask(question("secret"), NOBODY);
  const { place, bucket } = known(memory, "secret");
  expect(bucket).toBe(-1);
  memory.keepCounters(place, 3, 2 ** 40);
  expect(known(memory, "secret")).toMatchObject({ bucket: 3, ticket: 2 ** 40 });
  memory.applyCredential(6, { ...CREDENTIAL, scopes: [] });
  expect(known(memory, "secret").bucket).toBe(-1);
});

test("knows a credential under its own scheme only", async () => {
  const memory = aMemory({});
  await memory.ask(question("secret"), NOBODY);
  expect(memory.credential("signed-request", presented("secret"), [])).toBe("ask");
});

test("asks again once its lease has lapsed, and takes what it was just told", async () => {
  let holds = true;
  const memory = aMemory({ lease: { age: () => 0, holds: () => holds } });
  await memory.ask(question("secret"), NOBODY);
  holds = false;
  expect(memory.credential("api-key", presented("secret"), [])).toBe("ask");
  await memory.ask(question("secret"), NOBODY);
  expect(memory.credential("api-key", presented("secret"), [question("secret")])).toMatchObject({
    id: "key_1",
  });
});

test("makes room by forgetting credentials not used lately", async () => {
  let id = 0;
  const memory = aMemory({
    capacity: 1024,
    source: sourceOf(async () => {
      id += 1;
      return { ...ANSWER, credential: { ...CREDENTIAL, id: `key_${id}`, lineageId: `key_${id}` } };
    }),
  });
  for (let i = 1; i <= 3000; i += 1) await memory.ask(question(`s${i}`), NOBODY);
  expect(memory.size).toBe(1024);
  expect(memory.credential("api-key", presented("s3000"), [])).toMatchObject({ id: "key_3000" });
  expect(memory.credential("api-key", presented("s1"), [])).toBe("ask");
  memory.applyCredential(9, { ...CREDENTIAL, id: "key_3000", revokedAt: NOW });
  expect(memory.credential("api-key", presented("s3000"), [])).toMatchObject({ revoked: true });
  expect(memory.credential("api-key", presented("s2999"), [])).toMatchObject({ revoked: false });
});

test("what a later answer says is gone is gone, whatever was known", async () => {
  let answer: CredentialAnswer = ANSWER;
  const memory = aMemory({ source: sourceOf(async () => answer) });
  await memory.ask(question("secret"), NOBODY);
  expect(known(memory, "secret").id).toBe("key_1");
  answer = { ...NOTHING, asOf: 6 };
  await memory.ask(question("secret"), NOBODY);
  expect(memory.credential("api-key", presented("secret"), [])).toBe("unknown");
});

test("what is nothing to one scheme takes nothing from another", async () => {
  const memory = aMemory({
    source: sourceOf(async (scheme) => (scheme === "api-key" ? ANSWER : NOTHING)),
  });
  await memory.ask(question("secret"), NOBODY);
  await memory.ask({ ...question("secret"), scheme: "access-token" }, NOBODY);
  expect(memory.credential("access-token", presented("secret"), [])).toBe("unknown");
  expect(known(memory, "secret").id).toBe("key_1");
});

test("an answer that a handle is nobody's is not kept when it was given out meanwhile", async () => {
  const { questions, source } = aSource();
  const memory = aMemory({ source });
  const named = { about: "credential", scheme: "customer-jwt", name: "kid_1" } as const;
  const asked = memory.ask(named, NOBODY);
  await settled();
  const state = { ...CREDENTIAL, id: "kid_1", scheme: "customer-jwt", handle: "kid_1" };
  memory.applyCredential(6, state);
  questions[0]?.answer(NOTHING);
  await settled();
  questions[1]?.answer({ ...ANSWER, asOf: 6, credential: state });
  expect(await asked).toBe("answered");
  expect(memory.credential("customer-jwt", presented("kid_1"), [])).toMatchObject({ id: "kid_1" });
});

test("a handle that was nobody's is asked about anew once it is given out", async () => {
  const memory = aMemory({ source: sourceOf(async () => NOTHING) });
  const lookUp = () => memory.credential("customer-jwt", presented("kid_1"), []);
  await memory.ask({ about: "credential", scheme: "customer-jwt", name: "kid_1" }, NOBODY);
  expect(lookUp()).toBe("unknown");
  const state = { ...CREDENTIAL, id: "kid_1", scheme: "customer-jwt", handle: "kid_1" };
  memory.applyCredential(6, state);
  expect(lookUp()).toBe("ask");
});

describe("a state that does not compile", () => {
  const BAD = { ...CREDENTIAL, limits: [] };
  /** As the engine compiles it: rules that are none throw. */
  const authorityOf = (state: CredentialState) => {
    if (state.limits !== null) throw new Error("no limits");
    return state;
  };

  test("is not learned, and takes nobody's place", async () => {
    const answers = new Map([
      ["mine", ANSWER],
      ["bad", { ...ANSWER, credential: { ...BAD, id: "key_2", lineageId: "key_2" } }],
    ]);
    let name = "mine";
    const source = sourceOf(async () => answers.get(name) ?? NOTHING);
    const memory = aMemory({ source, authorityOf });
    await memory.ask(question("mine"), NOBODY);
    name = "bad";
    for (let i = 0; i < 3; i += 1) {
      expect(await memory.ask(question("bad"), NOBODY)).toBe("unavailable");
      expect(memory.credential("api-key", presented("bad"), [])).toBe("ask");
    }
    expect(known(memory, "mine").authority.scopes).toEqual(["read:users"]);
  });

  test("ends what was known, and gives nothing of it to others", async () => {
    const other = { ...CREDENTIAL, id: "key_2", lineageId: "key_2", scopes: ["admin:all"] };
    let answer: CredentialAnswer = ANSWER;
    const memory = aMemory({ source: sourceOf(async () => answer), authorityOf });
    await memory.ask(question("mine"), NOBODY);
    memory.applyCredential(6, BAD);
    answer = { ...ANSWER, credential: other };
    await memory.ask(question("theirs"), NOBODY);
    expect(memory.credential("api-key", presented("mine"), [])).toBe("ask");
    expect(known(memory, "theirs").authority.scopes).toEqual(["admin:all"]);
  });
});
