/** Whether an address that keeps presenting what proves nothing is still listened to. */
export interface Admission {
  listens(address: string | undefined): boolean;
  /** Counts a failed proof against the address. */
  failed(address: string | undefined): void;
  /** Whole seconds, at least 1, after which an address that is not listened to will be. */
  waitSeconds(address: string | undefined): number;
}
