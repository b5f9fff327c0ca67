import type { CredentialAnswer, Source } from "@latchkey/engine";
import { expect, test } from "vitest";
import { anAnswer } from "../testing/known-key.ts";
import { followedSource } from "./followed-source.ts";

/** Whose answers the test gives. */
function anAskedSource() {
  const waiting: ((answer: CredentialAnswer) => void)[] = [];
  const asked: Required<Source> = {
    credential: () => new Promise((resolve) => waiting.push(resolve)),
    account: async () => ({ asOf: 7, account: undefined }),
    user: async () => ({ asOf: 7, user: undefined }),
    signature: async () => ({ asOf: 7, signature: undefined }),
  };
  const followed = followedSource(asked);
  const ask = () => followed.source.credential("api-key", Buffer.of(1));
  return { ...followed, ask, waiting };
}

test.each([
  ["is right when it was read at the last change or before", 5, true],
  ["may be wrong when it was read after changes that did not come", 6, false],
])("what was answered %s", async (_when, asOf, isRight) => {
  const { follow, lose, ask, waiting } = anAskedSource();
  expect(follow(3)).toBe(true);
  const answer = ask();
  waiting[0]?.(anAnswer(asOf));
  expect(await answer).toMatchObject({ asOf });
  lose();
  expect(follow(5)).toBe(isRight);
  // The memory is another one by then.
  expect(follow(5)).toBe(true);
});

test.each(["credential", "account", "user", "signature"] as const)(
  "whatever was said of a %s counts",
  async (about) => {
    const { source, follow, waiting } = anAskedSource();
    follow(6);
    const answer = {
      credential: () => source.credential("api-key", Buffer.of(1)),
      account: () => source.account("acct_1"),
      user: () => source.user("user_1"),
      signature: () => source.signature("s", Buffer.of(1), { text: "", signature: Buffer.of(1) }),
    }[about]();
    waiting[0]?.(anAnswer(7));
    await answer;
    expect(follow(6)).toBe(false);
  },
);

test("nothing is asked that no change would follow", async () => {
  const { follow, lose, ask, waiting } = anAskedSource();
  await expect(ask()).rejects.toThrow("no changes are followed");
  follow(3);
  lose();
  await expect(ask()).rejects.toThrow("no changes are followed");
  expect(waiting).toEqual([]);
});

test("an answer that outlived its stream is none, and says nothing of the next", async () => {
  const { follow, lose, ask, waiting } = anAskedSource();
  follow(3);
  const [first, second] = [ask(), ask()];
  lose();
  waiting[0]?.(anAnswer(9));
  await expect(first).rejects.toThrow("no changes are followed");
  follow(3);
  waiting[1]?.(anAnswer(9));
  await expect(second).rejects.toThrow("no changes are followed");
  expect(follow(3)).toBe(true);
});
