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

test("of secrets that the server keeps it is told that there are some", async () => {
  const { source } = sourceOf(() => ({ ...anAnswer(3), material: { kind: "withheld" } }));
  const { material } = await source.credential("shared-secret-jwt", digest("issuer"));
  expect(material).toEqual({ kind: "withheld" });
});

test("a signature is asked about with what was signed, and may hold for good", async () => {
  const whose = { credentialId: "key_1", generation: 2 };
  const verdict = { outcome: "proven" };
  const answers = [
    { asOf: 4, signature: { ...whose, verdict, changesAt: 5 } },
    { asOf: 4, signature: { ...whose, verdict: "failed" } },
    { asOf: 4 },
  ];
  const { source, calls } = sourceOf(() => answers.shift() ?? {});
  const signed = { text: "a.b", signature: Buffer.from([1, 2, 3]) };
  const ask = () => source.signature("shared-secret-jwt", digest("issuer"), signed);
  expect(await ask()).toEqual({ asOf: 4, signature: { ...whose, verdict, changesAt: 5 } });
  const forGood = { ...whose, verdict: "failed", changesAt: Number.POSITIVE_INFINITY };
  expect(await ask()).toEqual({ asOf: 4, signature: forGood });
  expect(await ask()).toEqual({ asOf: 4, signature: undefined });
  const name = hash("sha256", "issuer", "base64url");
  const question = { about: "signature", scheme: "shared-secret-jwt", name };
  expect(calls[0]?.questions).toEqual([{ ...question, text: "a.b", signature: "AQID" }]);
});

test("a call that fails fails for all who wait, and an answer that is missing for its own", async () => {
  const failing = createRemoteSource({ post: () => Promise.reject(new Error("away")) });
  await expect(Promise.all([failing.user("a"), failing.user("b")])).rejects.toThrow("away");
  const short = createRemoteSource({ post: async () => ({ answers: [{ asOf: 1 }] }) });
  const [first, second] = await Promise.allSettled([short.user("a"), short.user("b")]);
  expect([first.status, second.status]).toEqual(["fulfilled", "rejected"]);
});

test.each([undefined, null, "", {}, { answers: {} }])("takes %j for no answers", async (answer) => {
  const source = createRemoteSource({ post: async () => answer });
  await expect(source.user("a")).rejects.toThrow("what answers is not Latchkey");
});
