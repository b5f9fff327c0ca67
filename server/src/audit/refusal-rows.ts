import { randomBytes } from "node:crypto";
import {
  type ApiRequest,
  failureBucket,
  loggedPath,
  ownText,
  type Principal,
  parseAddress,
  type Reason,
} from "@latchkey/engine";
import type { EventRecord } from "../store/records.ts";

/** A line of the audit trail as `recordUsage` takes it. */
export type RefusalRow = EventRecord & { readonly api: string };

/** What is looked at of a request; its headers are not, and its query is not kept. */
export type RefusedRequest = Pick<ApiRequest, "method" | "target" | "address">;

/** One refused request. */
export interface Refusal {
  readonly reason: Reason;
  readonly principal: Principal | undefined;
  readonly request: RefusedRequest;
  readonly requestId: string;
}

/** Refusals of one address for one reason in one minute. */
interface Flood {
  readonly api: string;
  readonly reason: Reason;
  /** `null`: of addresses that were too many to be told apart. */
  readonly address: string | null;
  readonly minute: number;
  stored: number;
  /** Those beyond the first hundred, which are counted only. */
  counted: number;
}

/** How much is kept of refusals; what is beyond it is counted together. */
export interface RefusalBounds {
  /** Lines of one minute for one address and reason, before the rest is counted. */
  readonly linesPerMinute: number;
  /** Addresses and reasons that are told apart at once. */
  readonly floods: number;
  /** Lines that wait to be written. */
  readonly lines: number;
}

const MINUTE = 60_000;
const MOST_PATH = 512;
const MOST_METHOD = 32;

/**
 * Refused requests as lines of the audit trail. A flood becomes a hundred lines and one count for each
 * minute, address (IPv6: its /64) and reason; beyond its bounds it tells addresses no longer apart.
 */
export class RefusalRows {
  readonly #bounds: RefusalBounds;
  readonly #floods = new Map<string, Flood>();
  #rows: RefusalRow[] = [];

  constructor(bounds: RefusalBounds) {
    this.#bounds = bounds;
  }

  /** Lines and floods that are held. */
  get size(): number {
    return this.#rows.length + this.#floods.size;
  }

  /** Takes note of one refusal at `now`. */
  add(api: string, { reason, principal, request, requestId }: Refusal, now: number): void {
    const { lines, linesPerMinute } = this.#bounds;
    const address = request.address === undefined ? undefined : parseAddress(request.address)?.text;
    const flood = this.#floodOf(api, reason, address, now);
    if (flood.stored >= linesPerMinute || this.#rows.length >= lines || flood.address === null) {
      flood.counted += 1;
      return;
    }
    flood.stored += 1;
    const credentialId = principal?.credentialId ?? null;
    this.#rows.push({
      ...line(api, now),
      actor: { kind: credentialId === null ? "anonymous" : "credential", id: credentialId },
      accountId: principal?.accountId ?? null,
      credentialId,
      requestId: ownText(requestId),
      address: address === undefined ? null : ownText(address),
      detail: {
        reason,
        method: ownText(request.method.slice(0, MOST_METHOD)),
        path: ownText(loggedPath(request.target).slice(0, MOST_PATH)),
      },
    });
  }

  /** The lines that are due; with `all`, also the counts of minutes that have not ended. */
  take(now: number, all: boolean): readonly RefusalRow[] {
    const rows = this.#rows;
    this.#rows = [];
    for (const [key, flood] of this.#floods) {
      if (!all && now < flood.minute + MINUTE) continue;
      this.#floods.delete(key);
      if (flood.counted > 0) rows.push(countLine(flood));
    }
    return rows;
  }

  #floodOf(api: string, reason: Reason, address: string | undefined, now: number): Flood {
    const known = this.#open(api, reason, failureBucket(address), now);
    // Too many at once: all further ones share a count.
    return known ?? (this.#open(api, reason, null, now) as Flood);
  }

  /** `undefined` when there is no room for another address. */
  #open(api: string, reason: Reason, address: string | null, now: number): Flood | undefined {
    const minute = now - (now % MINUTE);
    const key = `${api} ${reason} ${address} ${minute}`;
    const known = this.#floods.get(key);
    if (known !== undefined) return known;
    if (address !== null && this.#floods.size >= this.#bounds.floods) return undefined;
    const flood = { api, reason, address, minute, stored: 0, counted: 0 };
    this.#floods.set(key, flood);
    return flood;
  }
}

function countLine({ api, reason, address, minute, counted }: Flood): RefusalRow {
  return {
    ...line(api, minute),
    actor: { kind: "anonymous", id: null },
    accountId: null,
    credentialId: null,
    requestId: null,
    address,
    detail: { reason },
    count: counted,
  };
}

function line(api: string, at: number) {
  const id = `evt_${randomBytes(12).toString("hex")}`;
  return { api, id, type: "request.refused", at, count: 1 } as const;
}
