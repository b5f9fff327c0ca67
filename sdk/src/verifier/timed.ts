import { type Decision, isPromised } from "@latchkey/engine";
import type { Decider } from "./decider.ts";
import type { UsageReport } from "./usage-report.ts";

interface TimedParts {
  readonly decider: Pick<Decider, "verify" | "renderedBy">;
  readonly usage: Pick<UsageReport, "took">;
  /** Milliseconds that no one can set back. */
  readonly monotonic: () => number;
  /** At least 0 and less than 1. */
  readonly random: () => number;
}

const PERIOD_MILLIS = 2000;
/** So many in each period are timed one by one. */
const ALL_OF_FIRST = 1000;
/** Of more than these one in 16 on average, at odd intervals, so that no rhythm hides anything. */
const LONGEST_GAP = 31;

/**
 * Decides, and tells how long that took, what had to be asked included. Reading the clock twice
 * costs 100 ns, of the one or two microseconds of a decision in memory: where there are very many,
 * one stands for some others. What the server decides is timed there.
 */
export function timed({ decider, usage, monotonic, random }: TimedParts): Decider["verify"] {
  let periodEnds = 0;
  let timedInPeriod = 0;
  /** Decisions until the next that is timed, which stands for all of them. */
  let gap = 1;
  let rest = 1;

  function nextGap(now: number): number {
    if (now >= periodEnds) {
      periodEnds = now + PERIOD_MILLIS;
      timedInPeriod = 0;
    }
    timedInPeriod += 1;
    return timedInPeriod < ALL_OF_FIRST ? 1 : 1 + Math.floor(random() * LONGEST_GAP);
  }

  return (request) => {
    rest -= 1;
    if (rest > 0) return decider.verify(request);
    const start = monotonic();
    const decisions = gap;
    gap = nextGap(start);
    rest = gap;
    const tell = (decision: Decision) => {
      if (decider.renderedBy(decision) === undefined) {
        usage.took(decision, monotonic() - start, decisions);
      }
      return decision;
    };
    const decision = decider.verify(request);
    return isPromised(decision) ? decision.then(tell) : tell(decision);
  };
}
