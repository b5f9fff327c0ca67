import type { WindowState } from "../domain/limit.ts";

/** Limits of which something is kept at once: an API has a few, by plan. */
const PLACES = 31;

/**
 * Makes something of the windows of a limit, or gives what was made of windows before whose names,
 * limits and lengths are the same: most requests in a row are limited alike.
 */
export function keptByLimit<Made>(
  make: (windows: readonly WindowState[]) => Made,
): (windows: readonly WindowState[]) => Made {
  const kept: ({ readonly windows: readonly WindowState[]; readonly made: Made } | undefined)[] =
    [];
  return (windows) => {
    const place = placeOf(windows[0]);
    const found = kept[place];
    if (found !== undefined && isAlike(windows, found.windows)) return found.made;
    const made = make(windows);
    kept[place] = { windows, made };
    return made;
  };
}

function placeOf(first: WindowState | undefined): number {
  // A whole number, whatever a limit is.
  return first === undefined ? 0 : (first.limit >>> 0) % PLACES;
}

function isAlike(a: readonly WindowState[], b: readonly WindowState[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) {
    const [one, other] = [a[i] as WindowState, b[i] as WindowState];
    if (one.name !== other.name || one.limit !== other.limit) return false;
    if (one.windowSeconds !== other.windowSeconds) return false;
  }
  return true;
}
