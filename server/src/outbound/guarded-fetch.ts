import { type LookupAddress, lookup as resolveName } from "node:dns";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { promisify } from "node:util";
import { type NetworkList, parseAddress, parseNetworks } from "@latchkey/engine";

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
  /** All addresses of a name; the system's way by default. */
  readonly resolve?: (name: string) => Promise<readonly LookupAddress[]>;
}

/** What a guarded request may say. */
export interface OutboundRequest {
  readonly method?: string | undefined;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly signal?: AbortSignal | null | undefined;
  /** What is sent as its body. */
  readonly content?: Uint8Array | undefined;
}

/** A request was not made, or its answer was not taken; the message names no address. */
export class OutboundError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "OutboundError";
  }
}

/** RFC 6890 and its registries: whatever is not the public Internet. */
const PRIVATE = parseNetworks([
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
  ...["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
]);
const PUBLIC_V6 = parseNetworks(["2000::/3"]);
/** Blocks of it that stand for other networks, IPv4 included, or for nobody. */
const NOT_PUBLIC_V6 = parseNetworks(["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]);

const TIMEOUT_MILLIS = 5000;
const MOST_BYTES = 64 * 1024;

const lookUp = promisify(resolveName) as (
  name: string,
  options: { readonly all: true },
) => Promise<LookupAddress[]>;
const systemResolve = (name: string) => lookUp(name, { all: true });

/**
 * Makes a `fetch` for addresses that strangers have chosen: the name is resolved first, every
 * address it has must be public or allowed, the connection goes to that very address, no redirect is
 * followed, and time and size are bounded. Rejects with `OutboundError`.
 */
export function createGuardedFetch(limits: OutboundLimits) {
  const { timeoutMillis = TIMEOUT_MILLIS, connectMillis = timeoutMillis } = limits;
  const { mostBytes = MOST_BYTES, longer = "refuse", resolve = systemResolve } = limits;
  const names = new Set(limits.allow.filter((entry) => !isBlock(entry)));
  const blocks = parseNetworks(limits.allow.filter(isBlock));

  return async (
    address: string | URL | Request,
    request: OutboundRequest = {},
  ): Promise<Response> => {
    const url = new URL(address instanceof Request ? address.url : address);
    if (url.protocol !== "https:" && url.protocol !== "http:") {
      throw new OutboundError("only http and https are asked");
    }
    const timeout = AbortSignal.timeout(timeoutMillis);
    const { signal: given } = request;
    const signal = given == null ? timeout : AbortSignal.any([timeout, given]);
    const [pinned] = await withinTime(addressesOf(url, { names, blocks, resolve }), signal);
    if (pinned === undefined) throw new OutboundError("the name has no address");
    const answer = await send(url, { ...request, signal, connectMillis }, pinned);
    return readAnswer(answer, { mostBytes, longer });
  };
}

interface Reach {
  readonly names: ReadonlySet<string>;
  readonly blocks: Pick<NetworkList, "contains">;
  readonly resolve: (name: string) => Promise<readonly LookupAddress[]>;
}

/** The addresses of a host, all of which may be reached; rejects if one may not. */
async function addressesOf(
  { hostname }: URL,
  { names, blocks, resolve }: Reach,
): Promise<readonly LookupAddress[]> {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const family = isIP(host);
  const found =
    family === 0
      ? await resolve(host).catch((cause: unknown) => {
          throw new OutboundError("the name cannot be resolved", { cause });
        })
      : [{ address: host, family }];
  if (names.has(host)) return found;
  for (const { address } of found) {
    if (!isPublic(address) && !blocks.contains(address)) {
      throw new OutboundError("the host is not on the public Internet");
    }
  }
  return found;
}

/** Whether an address is of the public Internet; one that stands for an IPv4 address is that. */
function isPublic(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  if (address.version === 4) return !PRIVATE.contains(address.text);
  return PUBLIC_V6.contains(address.text) && !NOT_PUBLIC_V6.contains(address.text);
}

async function send(
  url: URL,
  request: OutboundRequest & { readonly signal: AbortSignal; readonly connectMillis: number },
  { address, family }: LookupAddress,
): Promise<IncomingMessage> {
  const { request: ask } =
    url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const { method = "GET", signal, content, connectMillis } = request;
  const headers = Object.fromEntries(new Headers(request.headers));
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers,
      signal,
      agent: false,
      // The name was looked up already; another look-up might answer another address.
      lookup: (_name: string, { all }: { all?: boolean }, done: LookupDone) =>
        all === true ? done(null, [{ address, family }]) : done(null, address, family),
    };
    const sent = ask(url, options as Parameters<typeof ask>[1], resolve);
    sent.once("error", (cause) => reject(new OutboundError("the host did not answer", { cause })));
    // A host that wants another protocol closes it without an error.
    sent.once("close", () => reject(new OutboundError("the host did not answer")));
    const timer = setTimeout(() => sent.destroy(new Error("no connection")), connectMillis);
    const ready = url.protocol === "https:" ? "secureConnect" : "connect";
    sent.once("socket", (socket) => socket.once(ready, () => clearTimeout(timer)));
    sent.once("close", () => clearTimeout(timer));
    sent.end(content);
  });
}

type LookupDone = (
  error: null,
  address: string | readonly LookupAddress[],
  family?: number,
) => void;

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

function withinTime<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new OutboundError("it took too long"));
    signal.addEventListener("abort", late, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", late));
  });
}

function isBlock(entry: string): boolean {
  return /^[0-9.]+(?:\/\d+)?$/.test(entry) || entry.includes(":");
}
