/** At most `max` requests in a window that the first request opens. */
export interface Window {
  readonly name: string;
  readonly max: number;
  readonly windowSeconds: number;
  /** Exceeding refuses everything for so long, from the refused request on; 0: to the window's end. */
  readonly blockSeconds: number;
}

/** A limit as people write it: `"200/minute"`, or in full. */
export type LimitSpec =
  | string
  | {
      readonly name: string;
      readonly max: number;
      readonly windowSeconds: number;
      readonly blockSeconds?: number;
    };

/** Whose requests are counted together. `user` falls back to the application. */
export type LimitSubject = "credential" | "token" | "user" | "account" | "address";

/** Where one window stands after a request. */
export interface WindowState {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** Unix milliseconds at which `remaining` is `limit` again. */
  readonly resetAt: number;
}

/** Where all windows of a limit stand after a request, and which process counted. */
export interface LimitState {
  /** Unix milliseconds of the request. */
  readonly at: number;
  readonly windows: readonly WindowState[];
  /** The window that speaks for all in single-valued headers: the one that refused, else the first. */
  readonly decisive: WindowState;
  readonly exceeded: boolean;
  /** Unix milliseconds before which no request can pass; `undefined` while not exceeded. */
  readonly retryAt: number | undefined;
  readonly decidedBy: "local" | "server" | "redis" | "lease";
}

/** Whole seconds until a request may pass, at least 1 (RFC 9110 §10.2.3). */
export function secondsToWait({ at, retryAt = at }: LimitState): number {
  return Math.max(1, Math.ceil((retryAt - at) / 1000));
}
