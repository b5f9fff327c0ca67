/** The instant at which tests happen: 2026-11-22T12:00:00Z. */
export const NOW = Date.UTC(2026, 10, 22, 12);

/** A clock that stands still until it is moved. */
export interface FrozenClock {
  (): number;
  advance(millis: number): void;
}

/** Makes a clock that stands at `NOW`. */
export function frozenClock(): FrozenClock {
  let now = NOW;
  const advance = (millis: number) => {
    now += millis;
  };
  return Object.assign(() => now, { advance });
}
