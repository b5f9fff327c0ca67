/** A question, and whom its answer is for. */
export interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly answered: {
    resolve(answer: Answer): void;
    reject(why: unknown): void;
  };
}

/**
 * Has questions that are asked in one turn of the event loop served together, at most so many at a
 * time. Whoever serves settles each, whatever happens.
 */
export function gathered<Question, Answer>(
  most: number,
  serve: (waiting: readonly Waiting<Question, Answer>[]) => void,
): (question: Question) => Promise<Answer> {
  let waiting: Waiting<Question, Answer>[] = [];

  function serveAll(): void {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += most) serve(all.slice(from, from + most));
  }

  return (question) => {
    const answered = Promise.withResolvers<Answer>();
    waiting.push({ question, answered });
    if (waiting.length === 1) setImmediate(serveAll);
    return answered.promise;
  };
}
