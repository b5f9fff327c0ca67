import { randomUUID } from "node:crypto";
import type { Sealing } from "../store/sealing.ts";
import { type Store, systemContext, type WriteContext } from "../store/store.ts";
import type { Claimed, Outcome } from "../store/webhook-claims.ts";
import { type ClaimedDelivery, MOST_TAKEN } from "../store/webhook-due-deliveries.ts";
import { webhookSecretPlace } from "../store/webhook-record.ts";
import { type AttemptParts, attemptDelivery } from "./attempt.ts";
import { privateKeyOf, type SigningSecret } from "./signatures.ts";

/** What serving an endpoint takes. */
export interface ServeParts extends AttemptParts {
  readonly store: Pick<Store, "write" | "webhooks">;
  readonly sealing: Sealing;
  /** The longest that an attempt takes. */
  readonly timeoutMillis: number;
  /** No delivery begins once it is aborted. */
  readonly stopping: AbortSignal;
  /** Ends those under way. */
  readonly aborting: AbortSignal;
  /** Told of each attempt. */
  readonly count: (outcome: Outcome) => void;
}

/** A lease is longer than an attempt by as much again, or this: the clocks of nodes differ. */
const LEAST_SPARE_MILLIS = 5_000;
/** After so long others are served first. */
const TURN_MILLIS = 20_000;
/** Outcomes wait so long, or for so many, to be written together; and what is new, to be seen. */
const SETTLE_MILLIS = 250;
const SETTLE_COUNT = 20;

/**
 * Sends what is due to one endpoint, in order, as its only sender: until nothing is due, its turn is
 * over, or its lease is lost. As one request ends the next begins, however long others of the same
 * endpoint take. In strict order a failure ends it too. Whether it got the lease.
 */
export async function serveEndpoint(
  parts: ServeParts,
  { api, id }: { readonly api: string; readonly id: string },
): Promise<boolean> {
  const { store, clock, monotonic, stopping, aborting } = parts;
  const leaseMillis = parts.timeoutMillis + Math.max(parts.timeoutMillis, LEAST_SPARE_MILLIS);
  const lease = { id, holder: randomUUID(), leaseMillis };
  let leaseEnds = monotonic() + leaseMillis;
  const { output: claimed } = await store.write("claimWebhookEndpoint", lease, context());
  if (claimed === null) return false;
  const { endpoint } = claimed;
  const target = { endpoint, secrets: openSecrets(parts, api, claimed) };
  const turnEnds = monotonic() + TURN_MILLIS;

  const queue: ClaimedDelivery[] = [];
  /** Taken, and not written yet: what is asked for meanwhile is not these. */
  const held = new Set<string>();
  const working = new Set<Promise<void>>();
  let outcomes: Outcome[] = [];
  let unsettledSince = monotonic();
  let mayBeMore = true;
  let gone = false;
  let isHeldBack = false;
  let isLost = false;
  let fault: unknown;
  let progress = Promise.withResolvers<void>();
  const ticking = setInterval(() => {
    mayBeMore = true;
    progress.resolve();
  }, SETTLE_MILLIS);

  try {
    take(claimed.deliveries);
    for (;;) {
      begin();
      if (working.size > 0) {
        await progress.promise;
        progress = Promise.withResolvers();
        if (fault !== undefined) throw fault;
        if (isWorthSettling()) await settle("keep");
        if (isShort() && !isOver()) await refill();
      } else {
        const next = await settle(isOver() ? "release" : "ask");
        if (next.length === 0) return true;
        take(next);
      }
    }
  } finally {
    clearInterval(ticking);
    isLost = true;
    await Promise.all(working);
  }

  function begin(): void {
    while (working.size < endpoint.parallel && queue.length > 0 && !isOver()) {
      const worker = work()
        .catch((error: unknown) => {
          fault = error;
        })
        .finally(() => {
          working.delete(worker);
          progress.resolve();
        });
      working.add(worker);
    }
  }

  async function work(): Promise<void> {
    while (!isOver()) {
      const delivery = queue.shift();
      if (delivery === undefined) return;
      const attempted = await attemptDelivery(parts, target, { delivery, signal: aborting });
      const { outcome } = attempted;
      // Cut off by us: whether it arrived nobody knows, so it is sent again.
      if (aborting.aborted && outcome.attempt.status === null) return;
      parts.count(outcome);
      if (outcomes.length === 0) unsettledSince = monotonic();
      outcomes.push(outcome);
      gone ||= attempted.gone;
      isHeldBack ||= endpoint.strictOrder && outcome.attempt.error !== null;
      if (isWorthSettling() || isShort()) progress.resolve();
    }
  }

  function take(deliveries: readonly ClaimedDelivery[]): void {
    queue.push(...deliveries);
    for (const delivery of deliveries) held.add(delivery.id);
  }

  /** The lease makes it the only one who takes any, so it is enough to read them. */
  async function refill(): Promise<void> {
    const { strictOrder } = endpoint;
    const filter = { api, endpointId: id, strictOrder, except: [...held] };
    const due = await store.webhooks.dueDeliveries(clock(), { ...filter, limit: MOST_TAKEN });
    mayBeMore = due.length > 0;
    take(due);
  }

  /** In strict order what comes next depends on all that is under way. */
  function isShort(): boolean {
    return !endpoint.strictOrder && mayBeMore && queue.length <= MOST_TAKEN / 4;
  }

  function isWorthSettling(): boolean {
    if (outcomes.length === 0) return false;
    return outcomes.length >= SETTLE_COUNT || monotonic() - unsettledSince >= SETTLE_MILLIS;
  }

  /** Whether nothing more may begin. */
  function isOver(): boolean {
    const leaseLeft = leaseEnds - monotonic();
    if (isLost || gone || isHeldBack || stopping.aborted) return true;
    return monotonic() >= turnEnds || leaseLeft <= parts.timeoutMillis;
  }

  async function settle(afterwards: "keep" | "ask" | "release") {
    // The store knows whether the endpoint has ended, when these still count, or was taken from us.
    if (isLost && outcomes.length === 0) return [];
    const written = outcomes;
    outcomes = [];
    const renewed = monotonic() + leaseMillis;
    const input = { ...lease, outcomes: written, gone, afterwards };
    const { output } = await store.write("settleDeliveries", input, context());
    for (const { deliveryId } of written) held.delete(deliveryId);
    if (output.next === null) isLost = true;
    else leaseEnds = renewed;
    return output.next ?? [];
  }

  function context(): WriteContext {
    return systemContext(api, clock());
  }
}

/** The secrets that live now, from old to new. */
function openSecrets(
  { sealing, clock }: Pick<ServeParts, "sealing" | "clock">,
  api: string,
  { endpoint, secrets }: Claimed,
): readonly SigningSecret[] {
  const now = clock();
  return secrets
    .filter(({ endsAt }) => endsAt === null || endsAt > now)
    .map(({ id: secretId, sealed, pair }) => {
      const open = (text: string, part: "hmac" | "pair") => {
        const place = webhookSecretPlace(api, { endpointId: endpoint.id, secretId, part });
        return sealing.open(Buffer.from(text, "base64"), place);
      };
      return {
        text: Buffer.from(open(sealed, "hmac")).toString(),
        privateKey: pair === undefined ? null : privateKeyOf(open(pair.sealed, "pair")),
      };
    });
}
