/** Prefixes that tell what something is and nothing of its secret: `lk_live_`, `cal_`, a JWT's. */
const PREFIX = /^(?:[a-z]{2,8}_(?:(?:live|test)_)?|eyJ)/;

/** Fewer characters than these would be told too much of by their last four. */
const LONG_ENOUGH = 20;

/** A secret as it may be shown to who presented it: its prefix and, of a long one, its last four. */
export function masked(secret: string): string {
  const [prefix = ""] = PREFIX.exec(secret) ?? [];
  const last = secret.length - prefix.length >= LONG_ENOUGH ? secret.slice(-4) : "";
  return `${prefix}…${last}`;
}

/** A line for a terminal: control characters, which could rewrite what is on it, are replaced. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
