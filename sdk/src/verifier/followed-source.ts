import type { Source } from "@latchkey/engine";

/** A source for a memory that changes keep right. */
export interface FollowedSource {
  /** Answers that no change would follow are rejected: the server decides about their requests. */
  readonly source: Required<Source>;
  /**
   * Changes after `seq` follow from now on. Whether all answers so far are right under them: one that
   * was read later than `seq` may know of changes that a restored database has no more.
   */
  follow(seq: number): boolean;
  /** No changes follow until the next `follow`. */
  lose(): void;
}

/** Gives on the answers of a server as long as its changes are followed. */
export function followedSource(asked: Required<Source>): FollowedSource {
  /** Another one with each stream; `undefined` between two. */
  let stream: object | undefined;
  let newest = 0;

  async function kept<Answer extends { readonly asOf: number }>(
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const current = stream;
    const answer = current && (await ask());
    if (answer === undefined || stream !== current) throw new Error("no changes are followed");
    newest = Math.max(newest, answer.asOf);
    return answer;
  }

  return {
    source: {
      credential: (scheme, digest) => kept(() => asked.credential(scheme, digest)),
      account: (id) => kept(() => asked.account(id)),
      user: (id) => kept(() => asked.user(id)),
      signature: (scheme, digest, signed) => kept(() => asked.signature(scheme, digest, signed)),
    },
    follow(seq) {
      const isRight = newest <= seq;
      stream = {};
      newest = 0;
      return isRight;
    },
    lose() {
      stream = undefined;
    },
  };
}
