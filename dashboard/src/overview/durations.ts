/** A duration in the unit that says it in the fewest digits, on one line: 6 µs, 1.25 ms, 2 s. */
export function durationText(micros: number): string {
  if (micros < 1000) return `${shortNumber(micros)}\u00a0µs`;
  if (micros < 1_000_000) return `${shortNumber(micros / 1000)}\u00a0ms`;
  return `${shortNumber(micros / 1_000_000)}\u00a0s`;
}

function shortNumber(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
