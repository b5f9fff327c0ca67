import { storeUnavailable } from "./faults.ts";

/** What is under way in a store. */
export interface Work {
  /** Begins a piece of work, or rejects with `STORE_UNAVAILABLE` once the end was asked for. */
  add<Result>(begin: () => Promise<Result>): Promise<Result>;
  /** Resolves when all that was added has ended. */
  end(): Promise<void>;
}

/** Counts reads and writes, so that a store can be closed after the last and before the next. */
export function startWork(): Work {
  let underWay = 0;
  let ended: PromiseWithResolvers<void> | undefined;

  function done(): void {
    underWay -= 1;
    if (underWay === 0) ended?.resolve();
  }

  return {
    add(begin) {
      if (ended !== undefined) return Promise.reject(storeUnavailable("The store is closed."));
      underWay += 1;
      const result = begin();
      result.then(done, done);
      return result;
    },
    end() {
      if (ended === undefined) {
        ended = Promise.withResolvers<void>();
        if (underWay === 0) ended.resolve();
      }
      return ended.promise;
    },
  };
}
