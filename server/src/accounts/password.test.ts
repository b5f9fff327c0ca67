import { argon2Sync } from "node:crypto";
import { expect, test } from "vitest";
import { hashPassword } from "./password.ts";

const PHC = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

test("is the argon2id of the password under the parameters that it names", async () => {
  const [, salt = "", tag] = PHC.exec(await hashPassword("correct horse battery")) ?? [];
  const expected = argon2Sync("argon2id", {
    message: "correct horse battery",
    nonce: Buffer.from(salt, "base64"),
    parallelism: 1,
    tagLength: 32,
    memory: 19456,
    passes: 2,
  });
  expect(tag).toBe(expected.toString("base64").replace(/=+$/, ""));
});

test("gives equal passwords different hashes", async () => {
  expect(await hashPassword("correct horse battery")).not.toBe(
    await hashPassword("correct horse battery"),
  );
});
