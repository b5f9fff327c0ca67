import { invalidField } from "@latchkey/engine";

/** RFC 3339 §5.6, without leap seconds, which no clock here counts. */
const INSTANT =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(\d\d))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;
/** What RFC 3339 can write in UTC: a year has four digits. */
const FIRST = Date.parse("0000-01-01T00:00:00.000Z");
const LAST = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * The Unix milliseconds of an RFC 3339 instant.
 * @throws {ApiError} `INVALID_REQUEST` that names `field`.
 */
export function parseInstant(text: string, field: string): number {
  const [, date, day] = INSTANT.exec(text) ?? [];
  const at = date === undefined ? Number.NaN : Date.parse(text.toUpperCase());
  // 31 February would quietly become 3 March.
  const exists = date !== undefined && new Date(`${date}T00:00:00Z`).getUTCDate() === Number(day);
  if (!(at >= FIRST && at <= LAST) || !exists) {
    throw invalidField(field, `${field} must be an RFC 3339 instant such as 2030-01-31T12:00:00Z.`);
  }
  return at;
}

/** Unix milliseconds as RFC 3339 with milliseconds, in UTC. */
export function instant(at: number): string {
  return new Date(at).toISOString();
}

/** The same where there may be no instant. */
export function instantOrNull(at: number | null): string | null {
  return at === null ? null : instant(at);
}
