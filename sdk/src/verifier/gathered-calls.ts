import { LinkError, type ServerLink } from "./server-link.ts";

interface GatheredParts<Question, Answer> {
  readonly link: Pick<ServerLink, "post">;
  readonly path: string;
  readonly timeoutMillis: number;
  /** The body of a call. */
  write(questions: readonly Question[]): object;
  /** The answers in the order of the questions. */
  read(answer: unknown): readonly Answer[];
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly answered: PromiseWithResolvers<Answer>;
}

const MOST_IN_ONE_CALL = 64;

/**
 * Asks the server: what is asked in one turn of the event loop goes there in one call. Rejects when
 * that fails, or its answer is missing.
 */
export function gatheredCalls<Question, Answer>(
  parts: GatheredParts<Question, Answer>,
): (question: Question) => Promise<Answer> {
  const { link, path, timeoutMillis, write, read } = parts;
  let waiting: Waiting<Question, Answer>[] = [];

  function sendAll(): void {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += MOST_IN_ONE_CALL) {
      void send(all.slice(from, from + MOST_IN_ONE_CALL));
    }
  }

  async function send(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const body = write(batch.map(({ question }) => question));
      const answers = read(await link.post(path, body, { timeoutMillis }));
      batch.forEach(({ answered }, i) => {
        const one = answers[i];
        if (one === undefined) answered.reject(new LinkError("an answer is missing"));
        else answered.resolve(one);
      });
    } catch (error) {
      for (const { answered } of batch) answered.reject(error);
    }
  }

  return (question) => {
    const answered = Promise.withResolvers<Answer>();
    waiting.push({ question, answered });
    if (waiting.length === 1) setImmediate(sendAll);
    return answered.promise;
  };
}
