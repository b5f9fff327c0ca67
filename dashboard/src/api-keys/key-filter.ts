import type { ApiKey } from "@latchkey/sdk/client";

/** Which keys are shown; each member narrows the list. */
export interface KeyFilter {
  readonly search?: string | undefined;
  readonly status?: ApiKey["status"] | undefined;
  readonly finding?: "old" | "unused" | "expiring" | "unrestricted" | undefined;
  readonly accountId?: string | undefined;
}
