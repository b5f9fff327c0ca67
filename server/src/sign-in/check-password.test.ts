import { expect, test } from "vitest";
import { hashPassword } from "../accounts/password.ts";
import { checkPassword } from "./check-password.ts";

test("the password that was hashed is right, and no other", async () => {
  const phc = await hashPassword("a horse is no battery");
  expect(await checkPassword("a horse is no battery", phc)).toBe(true);
  expect(await checkPassword("a horse is no batterY", phc)).toBe(false);
  expect(await checkPassword("", phc)).toBe(false);
});

test("a password is the same however its accents were typed", async () => {
  const phc = await hashPassword("caf\u00e9 caf\u00e9 caf\u00e9");
  expect(await checkPassword("cafe\u0301 caf\u00e9 cafe\u0301", phc)).toBe(true);
  const apart = await hashPassword("cafe\u0301 cafe\u0301 cafe\u0301");
  expect(await checkPassword("caf\u00e9 caf\u00e9 cafe\u0301", apart)).toBe(true);
});

test("a hash by another program, with other parameters, is checked with those", async () => {
  // printf 'correct horse' | argon2 somesaltvalue16b -id -t 3 -k 256 -p 2 -l 24 -e
  const phc =
    "$argon2id$v=19$m=256,t=3,p=2$c29tZXNhbHR2YWx1ZTE2Yg$2viBOJB3gM+PAvv9RG9vMcjZTU67Px0a";
  expect(await checkPassword("correct horse", phc)).toBe(true);
  expect(await checkPassword("correct horses", phc)).toBe(false);
});

test("without a hash no password is right, the one of its stand-in neither", async () => {
  expect(await checkPassword("", null)).toBe(false);
  expect(await checkPassword("anything", null)).toBe(false);
});

test.each([
  "",
  "$2b$10$abcdefghijklmnopqrstuuu",
  "$argon2i$v=19$m=256,t=3,p=2$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
  "$argon2id$v=16$m=256,t=3,p=2$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
])("what is no argon2id hash is a fault, not a wrong password: %s", async (phc) => {
  await expect(checkPassword("anything", phc)).rejects.toThrow("not in PHC format");
});
