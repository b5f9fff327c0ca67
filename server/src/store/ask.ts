/**
 * Runs one read and rejects with an `ApiError` when the database cannot answer; PostgreSQL's also
 * tries again for a while.
 */
export type Ask = <Answer>(read: () => Promise<Answer>) => Promise<Answer>;
