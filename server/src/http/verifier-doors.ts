import type { Clock } from "@latchkey/engine";
import type { NearLimits } from "../audit/near-limits.ts";
import { createReportUsage } from "../audit/reported-usage.ts";
import { createChangeStreams } from "../changes/change-streams.ts";
import type { LeaseRenewals } from "../changes/lease-renewals.ts";
import { createSlices, type LendingApi } from "../changes/slices.ts";
import type { Store } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";
import type { Door } from "./app.ts";
import type { Operators } from "./operators.ts";
import { changesDoor } from "./routes/changes.ts";
import { type ResolvedApi, resolveDoor } from "./routes/resolve.ts";
import { slicesDoor } from "./routes/slices.ts";
import { verifiersDoor } from "./routes/verifiers.ts";

/** What serves processes that decide in their own memory. */
export interface VerifierDoorsParts {
  readonly store: Store;
  readonly renewals: LeaseRenewals;
  readonly operators: Pick<Operators, "isLive">;
  /** By slug. */
  readonly apis: ReadonlyMap<string, ResolvedApi>;
  readonly lending: ReadonlyMap<string, LendingApi>;
  /** Told where limits stand that they count. */
  readonly nearLimits: Pick<NearLimits, "seeReported">;
  readonly clock: Clock;
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  readonly log: StoreLog;
}

/** Every route that verifiers use but `verify`, and the list of them. */
export function verifierDoors(parts: VerifierDoorsParts): readonly Door[] {
  const { store, log, operators, apis, lending, clock } = parts;
  return [
    changesDoor({ streams: createChangeStreams({ store, log }), operators }),
    resolveDoor({ apis }),
    slicesDoor({ slices: createSlices({ store, clock, apis: lending }) }),
    verifiersDoor({ ...parts, reportUsage: createReportUsage(parts) }),
  ];
}
