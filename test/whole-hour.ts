const HOUR_MILLIS = 3_600_000;
const ENOUGH_MILLIS = 10_000;

/** Waits, when the hour is about to end, for the next one: for what is kept apart by the hour. */
export async function inOneHour(): Promise<void> {
  const left = HOUR_MILLIS - (Date.now() % HOUR_MILLIS);
  if (left < ENOUGH_MILLIS) await new Promise((resolve) => setTimeout(resolve, left + 10));
}
