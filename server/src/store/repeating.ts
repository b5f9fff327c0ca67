/** Something done again and again in the background. */
export interface Repeating {
  /**
   * Does it now, or once more if it is under way. Resolves after the first round that began later,
   * however many ask meanwhile; never rejects.
   */
  now(): Promise<void>;
  /** Resolves when the last round has ended; no other begins. */
  stop(): Promise<void>;
}

interface RepeatingParts {
  readonly everyMillis: number;
  readonly round: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Runs `round` with so much time between the end of one and the begin of the next, never two at
 * once. It does not keep the process alive.
 */
export function startRepeating({ everyMillis, round, onError }: RepeatingParts): Repeating {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function run(): Promise<void> {
    if (stopped) return;
    await round().catch(onError);
    running = next;
    next = undefined;
    if (running === undefined && !stopped) plan();
  }

  function now(): Promise<void> {
    if (stopped) return Promise.resolve();
    clearTimeout(timer);
    if (running === undefined) {
      running = run();
      return running;
    }
    next ??= running.then(run);
    return next;
  }

  function plan(): void {
    timer = setTimeout(() => void now(), everyMillis);
    timer.unref();
  }

  plan();
  return {
    now,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
