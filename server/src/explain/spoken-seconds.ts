const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** `312 seconds (5 minutes)`: exact, and in the largest unit that it holds twice. */
export function spokenSeconds(seconds: number): string {
  const exact = seconds === 1 ? "1 second" : `${seconds} seconds`;
  const [unit, length] = UNITS.find((entry) => seconds >= 2 * entry[1]) ?? [];
  if (unit === undefined || length === undefined) return exact;
  return `${exact} (${Math.floor(seconds / length)} ${unit}s)`;
}
