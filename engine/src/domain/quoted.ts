/** Up to so many characters looking at each takes less time than calling `JSON.stringify`. */
const SHORT = 64;

/** A text as `JSON.stringify` writes it. */
export function quoted(text: string): string {
  return text.length <= SHORT && isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** Whether it is of visible ASCII characters and spaces alone, of which none is escaped. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false;
  }
  return true;
}
