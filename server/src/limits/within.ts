/** What was asked took too long. */
class TooLateError extends Error {
  constructor(millis: number) {
    super(`no answer within ${millis} ms`);
    this.name = "TooLateError";
  }
}

/**
 * The promise's outcome, or `TooLateError` when it has none after so many milliseconds. Counted are
 * those in which the other side could have answered: not those before the question was written, at
 * the end of this turn, and an answer that has arrived counts although this process was too busy to
 * read it in time.
 */
export function within<Value>(millis: number, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const asked = setImmediate(() => {
      timer = setTimeout(() => {
        // Timers come before input in a turn of the event loop, immediates after it.
        setImmediate(() => setImmediate(() => reject(new TooLateError(millis))));
      }, millis);
    });
    const settled = (): void => {
      clearImmediate(asked);
      clearTimeout(timer);
    };
    promise.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}
