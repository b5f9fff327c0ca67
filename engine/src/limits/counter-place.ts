/**
 * Where the counters of a key were found. Whoever keeps it and gives it back with the next request
 * of the same key saves a look-up; a wrong or an old one only costs time.
 */
export interface CounterPlace {
  /** -1: nowhere yet. */
  readonly bucket: number;
  /** Of all that a limiter ever gave out, the one for this key's time in this bucket. */
  readonly ticket: number;
}

/** Numbers each time that a bucket gets a key. */
export interface Tickets {
  next: number;
}
