/** What turns around what stands beside it (UAX #9), breaks a line, or does as it likes. */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
/** What somebody sees, which blanks and characters without a form are not. */
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/**
 * Whether people who decide by it see this name, and what stands around it as it is: it shows
 * something, on one line, and none of its characters hides others.
 */
export function isShownName(name: string): boolean {
  return VISIBLE.test(name) && !MISLEADING.test(name);
}
