import { randomBytes } from "node:crypto";

/** A prefix, `_` and 24 random lower-case hex digits: 96 bits, so that no two ever meet. */
export function newId(prefix: "acct" | "user" | "key" | "op" | "evt"): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}
