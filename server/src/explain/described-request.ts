import type { AskedApi } from "./asked-api.ts";
import type { CurlRequest } from "./curl-request.ts";
import { isLoopback } from "./loopback.ts";

/** A request as `POST verify` takes it. */
export interface DescribedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly ip?: string;
  readonly secure?: boolean;
}

/**
 * The request as `POST verify` takes it, without the API's mount. Over loopback, plain HTTP counts
 * as secure, as it does for `latchkey dev`.
 */
export function describedRequest(
  { method, scheme, host, headers }: CurlRequest,
  { target }: AskedApi,
  ip: string | undefined,
): DescribedRequest {
  const lines = new Map<string, string[]>();
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    lines.set(key, [...(lines.get(key) ?? []), value]);
  }
  return {
    method,
    url: target,
    headers: Object.fromEntries(lines),
    secure: scheme === "https" || isLoopback(host),
    ...(ip === undefined ? {} : { ip }),
  };
}
