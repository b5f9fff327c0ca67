/**
 * The same text in memory of its own, for what is kept longer than a request: a part of a string
 * keeps the whole string, which may be a request's head with its secrets.
 */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}
