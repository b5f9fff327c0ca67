/** Long enough for any secret of ours; ids and UUIDs are shorter, or all of one case. */
const LONG_WORD = /[A-Za-z0-9_-]{30,}/g;

/** Secrets in hex have 32 bytes; digests of traces and UUIDs are shorter. */
const LONG_HEX = /^[0-9a-f]{40,}$/i;

/** `lk_live_` and the like, then so much that only a secret has it. */
const KEY_LIKE = /^[A-Za-z]+_(?:[A-Za-z]+_)?[A-Za-z0-9]{30,}/;

const MANY_CAPITALS = 9;
const MASK = "[hidden]";

/**
 * The path of a request target as logs and the audit trail may keep it: without host, query and
 * fragment, and without words that could be a credential, which people paste into paths too.
 */
export function loggedPath(target: string): string {
  const [path = ""] = target.replace(/^[a-z]+:\/\/[^/?#]*/i, "").split(/[?#]/, 1);
  return hideSecrets(path);
}

/** A caller's text as an answer may repeat it: words that could be a credential are masked. */
export function hideSecrets(text: string): string {
  return text.replace(LONG_WORD, (word) => (couldBeSecret(word) ? MASK : word));
}

function couldBeSecret(word: string): boolean {
  if (KEY_LIKE.test(word) || LONG_HEX.test(word)) return true;
  if (!/[a-z]/.test(word)) return false;
  const capitals = word.replace(/[^A-Z]/g, "").length;
  // A random word of that length has digits; one in fifty has none, but then many capitals.
  return capitals >= MANY_CAPITALS || (capitals > 0 && /[0-9]/.test(word));
}
