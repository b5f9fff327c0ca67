import { gathered, type Waiting } from "@latchkey/engine";
import { LinkError, type ServerLink, strangeAnswer } from "./server-link.ts";

interface GatheredParts<Question, Answer> {
  readonly link: Pick<ServerLink, "post">;
  readonly path: string;
  readonly timeoutMillis: number;
  /** As many as the server takes; default 64. */
  readonly mostInOneCall?: number;
  /** The body of a call. */
  write(questions: readonly Question[]): object;
  /** The answers in the order of the questions; `undefined` for an answer that has none. */
  read(answer: object): readonly Answer[] | undefined;
}

const MOST_IN_ONE_CALL = 64;
/** The body was found wrong, or too long, before anything was done. */
export const NOTHING_DONE: ReadonlySet<number | undefined> = new Set([400, 413]);

/**
 * Asks the server: what is asked in one turn of the event loop goes there in one call. Rejects when
 * that fails, or its answer is missing. A call that the server finds wrong or too long is made
 * again in halves, so that nobody's question spoils another's.
 */
export function gatheredCalls<Question, Answer>(
  parts: GatheredParts<Question, Answer>,
): (question: Question) => Promise<Answer> {
  const { link, path, timeoutMillis, mostInOneCall = MOST_IN_ONE_CALL, write, read } = parts;
  async function send(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const body = write(batch.map(({ question }) => question));
      const answer = await link.post(path, body, { timeoutMillis });
      const answers = typeof answer === "object" && answer !== null ? read(answer) : undefined;
      if (!Array.isArray(answers)) throw strangeAnswer();
      batch.forEach(({ answered }, i) => {
        const one = answers[i];
        if (one === undefined) answered.reject(new LinkError("an answer is missing"));
        else answered.resolve(one);
      });
    } catch (error) {
      const half = batch.length >> 1;
      if (half > 0 && error instanceof LinkError && NOTHING_DONE.has(error.status)) {
        await Promise.all([send(batch.slice(0, half)), send(batch.slice(half))]);
        return;
      }
      for (const { answered } of batch) answered.reject(error);
    }
  }

  return gathered<Question, Answer>(mostInOneCall, (batch) => void send(batch));
}
