import { storeUnavailable } from "./faults.ts";
import type { ChangeRecord } from "./records.ts";

/** One API's changes on their way to the listeners: each once, in order, without a gap. */
export interface Feed {
  /** The last change that was delivered. */
  seq(): number;
  /**
   * Delivers changes that this process has just committed, after all earlier ones. Immediate when
   * nothing is missing in between; otherwise reads what other writers committed first. Throws when
   * they stand where another one was that was told.
   */
  take(changes: readonly ChangeRecord[]): Promise<void> | undefined;
  /**
   * Delivers everything up to `seq`, which must be committed, once all that was delivered is found
   * to be there as it was. Rejects for good when it is not: what was told cannot be taken back.
   */
  confirm(seq: number): Promise<void>;
  /** The same without that, for who wants no proof. */
  catchUp(seq: number): Promise<void> | undefined;
  /** Delivers whatever there is by now. */
  look(): Promise<void>;
}

interface FeedParts {
  /** Where the feed begins: nothing up to here is delivered. */
  readonly from: number;
  /** Committed changes after `seq`, in order, at most `limit`. */
  readonly read: (seq: number, limit: number) => Promise<readonly ChangeRecord[]>;
  readonly deliver: (changes: readonly ChangeRecord[]) => void;
}

const PAGE = 500;
/** More is told unread in no second; of who proves nothing for long some is believed. */
const MOST_UNPROVEN = 10_000;

/** Makes the feed of one API. When a read fails, what it missed comes with the next call. */
export function createFeed({ from, read, deliver }: FeedParts): Feed {
  let last = from;
  let wanted = from;
  let reading: Promise<void> | undefined;
  /** Something may have come since the read under way began. */
  let lookAgain = false;
  /**
   * The last change and, since the last proof, each that another was told behind, by number. A
   * database that has lost some may have had others put behind them by now, of this process too: one
   * that was told later proves nothing of those before. At first the last one that was there before.
   */
  const unproven = new Map<number, ChangeRecord>();
  let lost: Error | undefined;

  function pass(changes: readonly ChangeRecord[]): void {
    const end = changes.at(-1);
    if (end === undefined) return;
    last = end.seq;
    note(end);
    deliver(changes);
  }

  function note(end: ChangeRecord): void {
    unproven.set(end.seq, end);
    const [oldest] = unproven.keys();
    if (unproven.size > MOST_UNPROVEN && oldest !== undefined) unproven.delete(oldest);
  }

  async function readOn(): Promise<void> {
    do {
      if (lost !== undefined) throw lost;
      lookAgain = false;
      // What is wanted from now on may have been committed after this read: the next will have it.
      const due = wanted;
      const page = await readNews();
      // Not yet there, or no more: whoever was away that long has missed what nobody can tell.
      const isNext = page.length === 0 ? last >= due : page[0]?.seq === last + 1;
      if (!isNext) throw new Error(`change ${last + 1} is not there`);
      pass(page);
    } while (last < wanted || lookAgain);
    // In this very turn: whoever comes next must not wait for a read that looks no more.
    reading = undefined;
  }

  /** The last change is read with what comes after it: that may follow on another. */
  async function readNews(): Promise<readonly ChangeRecord[]> {
    if (last === 0) return read(0, PAGE);
    const page = await read(last - 1, PAGE);
    const found = page[0]?.seq === last ? page[0] : undefined;
    const known = unproven.get(last);
    if (known !== undefined) requireSame(known, found);
    // What was there at the start has been read by then, as if it had been told.
    else if (found !== undefined) note(found);
    return found === undefined ? page : page.slice(1);
  }

  function readNow(): Promise<void> {
    reading ??= readOn().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  }

  function catchUp(seq: number): Promise<void> | undefined {
    if (seq <= last) return undefined;
    wanted = Math.max(wanted, seq);
    return readNow();
  }

  function requireSame(known: ChangeRecord, found: ChangeRecord | undefined): void {
    if (JSON.stringify(found) === JSON.stringify(known)) return;
    lost = storeUnavailable(
      `the database has lost change ${known.seq}: this node has to be started anew`,
    );
    throw lost;
  }

  async function requireTold(): Promise<void> {
    const due = [...unproven.values()];
    const end = due.at(-1);
    if (end === undefined) {
      const [found] = await read(last - 1, 1);
      if (found !== undefined && found.seq === last) note(found);
      return;
    }
    let page: readonly ChangeRecord[] = [];
    for (const known of due) {
      if (known.seq > (page.at(-1)?.seq ?? 0)) {
        page = await read(known.seq - 1, Math.min(PAGE, end.seq - known.seq + 1));
      }
      requireSame(
        known,
        page.find(({ seq }) => seq === known.seq),
      );
      if (known !== end) unproven.delete(known.seq);
    }
  }

  return {
    seq: () => last,
    catchUp,
    look() {
      lookAgain = true;
      return readNow();
    },
    async confirm(seq) {
      if (lost !== undefined) throw lost;
      await requireTold();
      await catchUp(seq);
    },
    take(changes) {
      const end = changes.at(-1);
      if (end === undefined || lost !== undefined) return undefined;
      const known = unproven.get(end.seq);
      if (known !== undefined) requireSame(known, end);
      // While a read is under way it will deliver these too: two ways in could change the order.
      if (reading === undefined && changes[0]?.seq === last + 1) {
        pass(changes);
        return undefined;
      }
      return catchUp(end.seq);
    },
  };
}
