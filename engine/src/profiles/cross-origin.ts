import { type ApiRequest, header } from "../domain/request.ts";
import type { Rendered } from "./render.ts";

/** What a browser's script may read of any profile's answers besides the safelisted headers. */
const EXPOSED = [
  "Cal-Api-Version",
  "Deprecation",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "Sunset",
  "WWW-Authenticate",
  "X-API-Version",
  "X-Credential-Expires-At",
  "X-RateLimit-Limit",
  "X-RateLimit-Limit-Default",
  "X-RateLimit-Remaining",
  "X-RateLimit-Remaining-Default",
  "X-RateLimit-Reset",
  "X-RateLimit-Reset-Default",
  "X-Request-ID",
];
const EXPOSED_NAMES = EXPOSED.join(", ");
/** As profiles write them, and in lower case. */
const IS_EXPOSED = new Set(EXPOSED.flatMap((name) => [name, name.toLowerCase()]));

/** A list of names of headers, which are tokens (RFC 9110 §5.6.2). */
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+( ?, ?[\w!#$%&'*+.^`|~-]+)*$/;
/** Of those that profiles write the only ones that any script may read (Fetch standard). */
const SAFELISTED = ["Content-Type", "Cache-Control"];
const PREFLIGHT_SECONDS = "7200";

/**
 * Any origin may call with a credential in a header; cookies are never part of it. `rendered` are
 * the headers of the decision: the policy's own names of limits and of the version are among them.
 */
export function corsHeaders(rendered: readonly string[]): readonly string[] {
  let exposed = EXPOSED_NAMES;
  for (let i = 0; i < rendered.length; i += 2) {
    const name = rendered[i] as string;
    if (IS_EXPOSED.has(name) || SAFELISTED.includes(name)) continue;
    if (!IS_EXPOSED.has(name.toLowerCase())) exposed += `, ${name}`;
  }
  return ["Access-Control-Allow-Origin", "*", "Access-Control-Expose-Headers", exposed];
}

/**
 * The answer to a browser that asks whether it may call (Fetch standard, CORS-preflight request);
 * `undefined` when it does not. It carries no credential and cannot: it is answered before any
 * decision, spends no limit, and whatever it asks for is decided when the real request comes.
 */
export function preflightAnswer({
  method,
  headers,
}: Pick<ApiRequest, "method" | "headers">): Rendered | undefined {
  if (!isPreflight(method, headers)) return undefined;
  const asked = header(headers, "access-control-request-headers");
  const allowed =
    asked !== undefined && HEADER_NAMES.test(asked) ? asked : "Authorization, Content-Type";
  return {
    status: 204,
    headers: [
      ...["Access-Control-Allow-Origin", "*"],
      ...["Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"],
      ...["Access-Control-Allow-Headers", allowed],
      ...["Access-Control-Max-Age", PREFLIGHT_SECONDS],
      ...["Vary", "Access-Control-Request-Headers"],
    ],
    body: null,
  };
}

/** Whether a browser asks for permission. */
export function isPreflight(method: string, rawHeaders: readonly string[]): boolean {
  return (
    method === "OPTIONS" &&
    header(rawHeaders, "origin") !== undefined &&
    header(rawHeaders, "access-control-request-method") !== undefined
  );
}
