import type { IncomingMessage } from "node:http";
import { createLookUp, type LookUp } from "./name-lookup.ts";
import { OutboundError } from "./outbound-error.ts";
import { parseAllowed } from "./public-addresses.ts";
import { createReach, remembering } from "./reach.ts";
import { createKeepingSend, sendPinned } from "./send-pinned.ts";

/** What limits requests to addresses that strangers have chosen. */
export interface OutboundLimits {
  /** CIDR blocks, addresses and host names that may be reached although they are private. */
  readonly allow: readonly string[];
  /** From the first look-up to the last byte. */
  readonly timeoutMillis?: number;
  /** From the first look-up until the host took the connection. */
  readonly connectMillis?: number;
  readonly mostBytes?: number;
  /** `cut`: of a longer answer the beginning is taken, and the rest not read. Default: `refuse`. */
  readonly longer?: "refuse" | "cut";
  /**
   * Connections and what was looked up are kept for some seconds. Then a request may arrive twice,
   * when a host hangs up on a kept connection as it comes. Default: a connection for each.
   */
  readonly keep?: boolean;
  /** Of more than these under way, whoever comes is refused. Default: any number. */
  readonly mostAtOnce?: number;
  /** Default: name servers are asked. */
  readonly lookUp?: LookUp;
}

/** What a guarded request may say. */
export interface OutboundRequest {
  readonly method?: string | undefined;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly signal?: AbortSignal | null | undefined;
  /** What is sent as its body. */
  readonly content?: Uint8Array | undefined;
}

const TIMEOUT_MILLIS = 5000;
const MOST_BYTES = 64 * 1024;

/**
 * Makes a `fetch` for addresses that strangers have chosen: the name is resolved first, every
 * address it has must be public or allowed, the connection goes to that very address, no redirect is
 * followed, and time and size are bounded. Rejects with `OutboundError`.
 */
export function createGuardedFetch(limits: OutboundLimits) {
  const { timeoutMillis = TIMEOUT_MILLIS, connectMillis = timeoutMillis } = limits;
  const { mostBytes = MOST_BYTES, longer = "refuse", keep = false } = limits;
  const { mostAtOnce = Number.POSITIVE_INFINITY } = limits;
  const allowed = parseAllowed(limits.allow);
  const { lookUp = createLookUp({ system: allowed.names }) } = limits;
  const reachOnce = createReach(allowed, lookUp);
  const reach = keep ? remembering(reachOnce) : reachOnce;
  const send = keep ? createKeepingSend() : sendPinned;
  let underWay = 0;

  return async (
    address: string | URL | Request,
    { method = "GET", content, ...request }: OutboundRequest = {},
  ): Promise<Response> => {
    const url = new URL(address instanceof Request ? address.url : address);
    if (url.protocol !== "https:" && url.protocol !== "http:") {
      throw new OutboundError("only http and https are asked");
    }
    const headers = Object.fromEntries(new Headers(request.headers));
    if (underWay >= mostAtOnce) throw new OutboundError("too many are asked at once");
    underWay += 1;
    return withinTime({ timeoutMillis, signal: request.signal }, async (signal) => {
      const pinned = await untilAborted(reach(url), signal);
      const asked = { url, pinned, method, headers, content, signal, connectMillis };
      return readAnswer(await send(asked), { mostBytes, longer });
    }).finally(() => {
      underWay -= 1;
    });
  };
}

async function readAnswer(
  answer: IncomingMessage,
  { mostBytes, longer }: Required<Pick<OutboundLimits, "mostBytes" | "longer">>,
): Promise<Response> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer) {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= mostBytes) continue;
      if (longer === "refuse") throw new OutboundError("the answer is too long");
      answer.destroy();
      break;
    }
  } catch (cause) {
    answer.destroy();
    if (cause instanceof OutboundError) throw cause;
    throw new OutboundError("the answer was cut off", { cause });
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (typeof value === "string") headers.set(name, value);
  }
  const status = answer.statusCode ?? 0;
  if (status < 200 || status > 599) throw new OutboundError("the answer is no HTTP");
  const hasBody = length > 0 && ![204, 205, 304].includes(status);
  const body = hasBody ? Buffer.concat(chunks).subarray(0, mostBytes) : null;
  return new Response(body, { status, headers });
}

/** Aborts it when the time is over, or the caller's signal says so. */
async function withinTime<Result>(
  {
    timeoutMillis,
    signal,
  }: { readonly timeoutMillis: number; readonly signal: AbortSignal | null | undefined },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  // Half the cost of `AbortSignal.any` and `AbortSignal.timeout`, thousands of times a second.
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMillis);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new OutboundError("it took too long"));
    if (signal.aborted) late();
    signal.addEventListener("abort", late, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", late));
  });
}
