import { randomBytes } from "node:crypto";
import type { CompiledPolicy } from "@latchkey/engine";

type Prefix =
  | "acct"
  | "user"
  | "key"
  | "kid"
  | "jws"
  | "orgk"
  | "sec"
  | "app"
  | "tok"
  | "ds"
  | "req"
  | "op"
  | "evt"
  | "wh";

/** How many hex digits ids of an API have: 48 or 96 random bits. */
export type IdDigits = 12 | 24;

/** A prefix, `_` and random lower-case hex digits; of 24 no two ever meet. */
export function newId(prefix: Prefix, digits: IdDigits = 24): string {
  return `${prefix}_${randomBytes(digits / 2).toString("hex")}`;
}

/** The length that the API's document gives its ids; without a policy, the longer. */
export function idDigits(compiled: CompiledPolicy | undefined): IdDigits {
  return compiled?.policy.renderer === "savvycal" ? 12 : 24;
}
