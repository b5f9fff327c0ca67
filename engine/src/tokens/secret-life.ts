import type { Proven, SecretLife, Verdict } from "../domain/proof.ts";

/** The proof by a secret, or a key, that has no successor. */
export const PROVEN: Proven = { outcome: "proven", rotation: undefined };

/** Whether the secret still counts at `now`, Unix milliseconds. */
export function isLive({ endsAt }: SecretLife, now: number): boolean {
  return endsAt === null || endsAt > now;
}

/** What a proof by this secret comes to now; `undefined`: no secret gave it. */
export function verdictOf(given: SecretLife | undefined, now: number): Verdict {
  if (given === undefined) return "failed";
  const { brownOuts = [], rotatedAt, endsAt } = given;
  const rotation = rotatedAt === undefined ? undefined : { rotatedAt, endsAt };
  const isPaused = brownOuts.some(({ from, to }) => now >= from && now < to);
  if (isPaused) return { outcome: "browned_out", rotation };
  return rotation === undefined ? PROVEN : { outcome: "proven", rotation };
}

/** The next instant at which one of the secrets ends, or begins to be refused; else never. */
export function nextChange(secrets: readonly SecretLife[], now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { endsAt, brownOuts } of secrets) {
    if (endsAt !== null && endsAt > now) next = Math.min(next, endsAt);
    if (brownOuts === undefined) continue;
    for (const { from } of brownOuts) if (from > now) next = Math.min(next, from);
  }
  return next;
}
