/**
 * What a platform application may be allowed, in the order of the bits that stand for it on the
 * `calcom` wire: the first is 1, the next 2, and so on.
 */
export const PLATFORM_PERMISSIONS = [
  "EVENT_TYPE_READ",
  "EVENT_TYPE_WRITE",
  "BOOKING_READ",
  "BOOKING_WRITE",
  "SCHEDULE_READ",
  "SCHEDULE_WRITE",
  "APPS_READ",
  "APPS_WRITE",
  "PROFILE_READ",
  "PROFILE_WRITE",
] as const;

const BITS: ReadonlyMap<string, number> = new Map(
  PLATFORM_PERMISSIONS.map((name, i) => [name, 2 ** i]),
);

/** The names as one number; a name that has no bit adds nothing. */
export function permissionMask(names: readonly string[]): number {
  return names.reduce((mask, name) => mask | (BITS.get(name) ?? 0), 0);
}
