import type { CommandInput } from "../../store/commands.ts";
import type { Claimed, Outcome } from "../../store/webhook-claims.ts";
import type { ClaimedDelivery } from "../../store/webhook-due-deliveries.ts";
import type { WebhookAttempt } from "../../store/webhook-record.ts";
import { NOW } from "../now.ts";
import type { Scene } from "./scene.ts";

/** Input of `createWebhookEndpoint`: `wh_1` of `acct_1`, for all events. */
export function anEndpoint(
  changes: Partial<CommandInput<"createWebhookEndpoint">> = {},
): CommandInput<"createWebhookEndpoint"> {
  return {
    ...{ id: "wh_1", accountId: "acct_1", applicationId: null, description: null },
    ...{ url: "https://hooks.example.com/", events: ["*"], format: "standard" },
    ...{ payloadTemplate: null, version: null, secret: { id: "sec_1", sealed: "c2VhbGVk" } },
    ...{ strictOrder: false, parallel: 1, enabled: true, maxLive: 10 },
    ...changes,
  };
}

/** Input of `publishEvent`: the `n`th event `thing.made` of `acct_1`. */
export function anEvent(n = 1, type = "thing.made"): CommandInput<"publishEvent"> {
  return { id: `evt_${n}`, type, accountId: "acct_1", applicationId: null, data: { n } };
}

/** A claim of `wh_1` for a minute. */
export function aClaim(holder = "sender"): CommandInput<"claimWebhookEndpoint"> {
  return { id: "wh_1", holder, leaseMillis: 60_000 };
}

/** What became of an attempt: it arrived, unless `changes` or `nextAt` say otherwise. */
export function anOutcome(
  { id }: Pick<ClaimedDelivery, "id">,
  { nextAt = null, ...changes }: Partial<WebhookAttempt> & { readonly nextAt?: number | null } = {},
): Outcome {
  const attempt = {
    ...{ number: 1, at: NOW, durationMillis: 5, requestHeaders: {}, status: 200 },
    ...{ responseHeaders: {}, responseBody: "ok", error: null },
    ...changes,
  };
  return { deliveryId: id, attempt, nextAt };
}

/** The same of one that failed, to be repeated at `nextAt`, or given up. */
export function aFailure(delivery: ClaimedDelivery, nextAt: number | null): Outcome {
  return anOutcome(delivery, { status: 500, error: "answered 500", nextAt });
}

/** Takes the lease of `wh_1`; fails when somebody has it. */
export async function claim({ write }: Scene, at = NOW, holder = "sender"): Promise<Claimed> {
  const claimed = await write("claimWebhookEndpoint", aClaim(holder), { at });
  if (claimed === null) throw new Error("nobody gets the lease");
  return claimed;
}

/** Settles as the holder of the lease, and ends it. */
export function settle(
  { write }: Scene,
  outcomes: readonly Outcome[],
  more: Partial<CommandInput<"settleDeliveries">> & { readonly at?: number } = {},
) {
  const { at = NOW, ...changes } = more;
  const input = { ...aClaim(), outcomes, gone: false, afterwards: "release", ...changes } as const;
  return write("settleDeliveries", input, { at });
}
