import { type ApiError, invalidField } from "@latchkey/engine";
import { MOST_PASSWORD } from "./check-password.ts";

/** Says whether a password is on a list of those that became known; none is shipped. */
export type IsBreached = (password: string) => Promise<boolean>;

const LEAST = 12;

/**
 * Refuses a password that is easily guessed: length counts, not composition (NIST SP 800-63B
 * §3.1.1.2). @throws {ApiError} `INVALID_REQUEST` naming `password`.
 */
export async function checkNewPassword(
  password: string | undefined,
  { email, isBreached }: { readonly email: string | null; readonly isBreached: IsBreached },
): Promise<string> {
  const length = [...(password ?? "")].length;
  if (password === undefined || length < LEAST || length > MOST_PASSWORD) {
    throw fault(`The password must have ${LEAST} to ${MOST_PASSWORD} characters.`);
  }
  if (email !== null && password.toLowerCase() === email.toLowerCase()) {
    throw fault("The password must not be the e-mail address.");
  }
  if (await isBreached(password)) {
    throw fault("This password became known elsewhere; take another one.");
  }
  return password;
}

function fault(message: string): ApiError {
  return invalidField("password", message);
}
