/** Remembers what must not be used twice, wherever it was used. */
export interface OneTime {
  /**
   * Whether nobody has claimed the key before; it may be forgotten at `until`, Unix milliseconds.
   * Rejects when that cannot be recorded.
   */
  claim(key: string, until: number): Promise<boolean>;
  /** Whether the key is claimed; claims nothing. */
  isClaimed(key: string): Promise<boolean>;
}
