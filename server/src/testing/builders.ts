import { hash } from "node:crypto";
import type { CommandInput } from "../store/commands.ts";
import type { WriteContext } from "../store/store.ts";
import { NOW } from "./now.ts";

/** The API that tests write to. */
export const API = "standard";

/** Who asks for a write in tests: an operator, now. */
export function aContext(changes: Partial<WriteContext> = {}): WriteContext {
  return {
    api: API,
    at: NOW,
    actor: { kind: "operator", id: "opt_1" },
    requestId: "req_1",
    address: "192.0.2.1",
    ...changes,
  };
}

/** Input of `createAccount`: an account on its own. */
export function anAccount(
  changes: Partial<CommandInput<"createAccount">> = {},
): CommandInput<"createAccount"> {
  return {
    id: "acct_1",
    name: "Acme",
    kind: "account",
    parentId: null,
    plan: null,
    externalId: null,
    ...changes,
  };
}

/** Input of `createUser`: an owner of `acct_1` without a password. */
export function aUser(
  changes: Partial<CommandInput<"createUser">> = {},
): CommandInput<"createUser"> {
  return {
    id: "user_1",
    accountId: "acct_1",
    name: "A User",
    email: "user@example.com",
    role: "owner",
    passwordHash: null,
    ...changes,
  };
}

/** Input of `issueApiKey`: a live key of `acct_1` that never expires; id and secret follow `n`. */
export function anApiKey({
  n = 1,
  ...changes
}: Partial<CommandInput<"issueApiKey">> & {
  readonly n?: number;
} = {}): CommandInput<"issueApiKey"> {
  return {
    id: `key_${n}`,
    accountId: "acct_1",
    userId: null,
    name: "Production",
    digest: digestOf(`key_${n}`),
    prefix: "lk_live",
    lastFour: "wxyz",
    scopes: ["read:users"],
    mode: "live",
    allowedIps: [],
    limits: null,
    signing: "off",
    expiresAt: null,
    lineageId: changes.id ?? `key_${n}`,
    ...changes,
  };
}

/** The digest that stands for a secret in tests. */
export function digestOf(secret: string): Uint8Array {
  return hash("sha256", secret, "buffer");
}

/** Input of `rotateApiKey`: rotates `key_1` to `key_2` with a day's overlap. */
export function aRotation({
  n = 2,
  ...changes
}: Partial<CommandInput<"rotateApiKey">> & {
  readonly n?: number;
} = {}): CommandInput<"rotateApiKey"> {
  const successor = {
    id: `key_${n}`,
    digest: digestOf(`key_${n}`),
    prefix: "lk_live",
    lastFour: "2222",
  };
  return { id: "key_1", successor, overlapSeconds: 86_400, force: false, ...changes };
}
