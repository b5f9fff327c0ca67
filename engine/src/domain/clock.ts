/** Unix milliseconds now. Passed in everywhere, so that tests can freeze time. */
export type Clock = () => number;

/** How often one reading may be used: enough to spread its cost, too few to stand still on. */
const USES = 16;

/**
 * A clock for limits and expiry where thousands of decisions are made in a second: reads `clock` once
 * for up to 16 uses, and again after a millisecond. While it is not used nothing runs, and it keeps
 * no process alive. In an event loop that is held up it may lag by as long, for those 16 uses; a
 * lease is never judged by it.
 */
export function coarseClock(clock: Clock): Clock {
  let now = 0;
  let uses = 0;
  let armed = false;

  function expire(): void {
    uses = 0;
    armed = false;
  }

  return () => {
    if (uses > 0) {
      uses -= 1;
      return now;
    }
    now = clock();
    uses = USES - 1;
    if (!armed) {
      armed = true;
      setTimeout(expire, 1).unref();
    }
    return now;
  };
}
