const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * Ctrl-C below `npm start` arrives twice within a few milliseconds, from the terminal and from npm;
 * signals this close together are one.
 */
const SAME_SIGNAL_MILLISECONDS = 300;

/** What of `process` is needed here. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): unknown;
}

/**
 * Makes SIGTERM and SIGINT call `listener` once, instead of ending the process at once. A second
 * one ends it at once, with the exit code that its signal stands for.
 */
export function stopOnSignal(
  source: SignalSource,
  listener: () => void,
  now: () => number = () => performance.now(),
): void {
  let askedAt: number | undefined;
  for (const signal of SIGNALS) {
    source.on(signal, () => {
      if (askedAt === undefined) {
        askedAt = now();
        listener();
      } else if (now() - askedAt > SAME_SIGNAL_MILLISECONDS) {
        source.exit(signal === "SIGTERM" ? 143 : 130);
      }
    });
  }
}
