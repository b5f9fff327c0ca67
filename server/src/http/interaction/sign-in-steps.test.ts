import { expect, test, vi } from "vitest";
import { type SignInParts, type Step, signInStep } from "./sign-in-steps.ts";

const PERSON = { kind: "user", api: "standard", id: "user_1" } as const;
const FORM = new URLSearchParams({ email: "ada@example.com", password: "a horse is no battery" });

/** A password that is right, of somebody who signs in with `totp` or without. */
function signingIn({ totp, signedOutAt }: { totp: boolean; signedOutAt: number | null }) {
  const pass = vi.fn(async () => undefined);
  const finishLogin = vi.fn(async (): Promise<string | undefined> => "https://client.example/");
  const parts = {
    signIn: async () => ({ outcome: "right", person: PERSON, signedOutAt: 5 }),
    people: { find: async () => ({ signedOutAt }), noteSignIn: async () => undefined },
    secondFactors: { of: async () => ({ totp }) },
    passkeys: { usable: false },
    signInUrls: new Map(),
  } as unknown as SignInParts;
  const interaction = { application: { name: "Reports" }, uid: "u", pass, finishLogin };
  const step = { api: "standard", interaction, csrf: "c", whence: {}, forgotten: false };
  return { pass, finishLogin, answer: () => signInStep(parts, step as unknown as Step, FORM) };
}

test.each([
  ["signs in", false, 5, [0, 1]],
  ["is asked for a code", true, 5, [1, 0]],
  ["does not sign in with a password that was replaced meanwhile", false, 6, [0, 0]],
  ["is asked for no code after one", true, 6, [0, 0]],
])("a user %s", async (_what, totp, signedOutAt, times) => {
  const { pass, finishLogin, answer } = signingIn({ totp, signedOutAt });
  const page = await answer();
  expect([pass.mock.calls.length, finishLogin.mock.calls.length]).toEqual(times);
  if (signedOutAt === 6) expect(page).toMatchObject({ title: "Sign in", status: 422 });
});

test("a password that is replaced while the sign-in is written is wrong", async () => {
  const { pass, finishLogin, answer } = signingIn({ totp: false, signedOutAt: 5 });
  finishLogin.mockResolvedValue(undefined);
  expect(await answer()).toMatchObject({ title: "Sign in", status: 422 });
  expect(finishLogin).toHaveBeenCalledWith("user_1", 5);
  expect(pass).toHaveBeenCalledWith(undefined);
});
