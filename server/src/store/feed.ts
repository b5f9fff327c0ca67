import type { ChangeRecord } from "./records.ts";

/** One API's changes on their way to the listeners: each once, in order, without a gap. */
export interface Feed {
  /** The last change that was delivered. */
  seq(): number;
  /**
   * Delivers changes that this process has just committed, after all earlier ones. Immediate when
   * nothing is missing in between; otherwise reads what other writers committed first.
   */
  take(changes: readonly ChangeRecord[]): Promise<void> | undefined;
  /** Delivers everything up to `seq`, which must be committed. */
  catchUp(seq: number): Promise<void> | undefined;
}

interface FeedParts {
  /** Where the feed begins: nothing up to here is delivered. */
  readonly from: number;
  /** Committed changes after `seq`, in order, at most `limit`. */
  readonly read: (seq: number, limit: number) => Promise<readonly ChangeRecord[]>;
  readonly deliver: (changes: readonly ChangeRecord[]) => void;
}

const PAGE = 500;

/** Makes the feed of one API. When a read fails, what it missed comes with the next call. */
export function createFeed({ from, read, deliver }: FeedParts): Feed {
  let last = from;
  let wanted = from;
  let reading: Promise<void> | undefined;

  function pass(changes: readonly ChangeRecord[]): void {
    last = changes.at(-1)?.seq ?? last;
    deliver(changes);
  }

  async function readOn(): Promise<void> {
    while (last < wanted) {
      const page = await read(last, PAGE);
      // Not yet there, or no more: whoever was away that long has missed what nobody can tell.
      if (page[0]?.seq !== last + 1) throw new Error(`change ${last + 1} is not there`);
      pass(page);
    }
  }

  function catchUp(seq: number): Promise<void> | undefined {
    if (seq <= last) return undefined;
    wanted = Math.max(wanted, seq);
    reading ??= readOn().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  return {
    seq: () => last,
    catchUp,
    take(changes) {
      const end = changes.at(-1);
      if (end === undefined) return undefined;
      // While a read is under way it will deliver these too: two ways in could change the order.
      if (reading === undefined && changes[0]?.seq === last + 1) {
        pass(changes);
        return undefined;
      }
      return catchUp(end.seq);
    },
  };
}
