import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { anAnswer } from "../testing/known-key.ts";
import { createRemoteSource } from "./remote-source.ts";

interface Sent {
  readonly questions: readonly { about: string; name: string }[];
}

/** A source whose server answers each question so. */
function sourceOf(answer: (question: Sent["questions"][number]) => object) {
  const calls: Sent[] = [];
  const source = createRemoteSource({
    post: async (_path, body) => {
      calls.push(body as Sent);
      return { answers: (body as Sent).questions.map(answer) };
    },
  });
  return { source, calls };
}

const digest = (text: string) => hash("sha256", text, "buffer");

test("what is asked in one turn goes in one call, and no call has more than 64", async () => {
  const { source, calls } = sourceOf(({ name }) => ({ asOf: 1, account: { id: name } }));
  const answers = await Promise.all(
    Array.from({ length: 65 }, (_, n) => source.account(`acct_${n}`)),
  );
  expect(answers.map(({ account }) => account?.id)).toEqual(
    Array.from({ length: 65 }, (_, n) => `acct_${n}`),
  );
  expect(calls.map(({ questions }) => questions.length)).toEqual([64, 1]);
});

test("a credential is asked for by its digest, and what proves it comes as bytes", async () => {
  const material = { kind: "public-key", spki: "AQID" };
  const { source, calls } = sourceOf(() => ({ ...anAnswer(3), material }));
  const answer = await source.credential("customer-jwt", digest("kid_1"));
  const name = hash("sha256", "kid_1", "base64url");
  expect(calls[0]?.questions).toEqual([{ about: "credential", scheme: "customer-jwt", name }]);
  expect(answer).toMatchObject({ asOf: 3, credential: { id: "key_1" } });
  expect(answer.material).toEqual({ kind: "public-key", spki: Buffer.from([1, 2, 3]) });
});

test("a credential whose secrets are withheld is not asked for again", async () => {
  const { source, calls } = sourceOf(() => ({ asOf: 1, material: { kind: "withheld" } }));
  for (let n = 0; n < 2; n += 1) {
    await expect(source.credential("signed-request", digest("a"))).rejects.toThrow();
  }
  await expect(source.credential("signed-request", digest("b"))).rejects.toThrow();
  expect(calls).toHaveLength(2);
});

test("a call that fails fails for all who wait, and an answer that is missing for its own", async () => {
  const failing = createRemoteSource({ post: () => Promise.reject(new Error("away")) });
  await expect(Promise.all([failing.user("a"), failing.user("b")])).rejects.toThrow("away");
  const short = createRemoteSource({ post: async () => ({ answers: [{ asOf: 1 }] }) });
  const [first, second] = await Promise.allSettled([short.user("a"), short.user("b")]);
  expect([first.status, second.status]).toEqual(["fulfilled", "rejected"]);
});
