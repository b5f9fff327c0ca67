import { createHmac, hkdfSync } from "node:crypto";
import { ApiError, sameSecret } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";

/** Keeps other sites from acting with a person's cookie. */
export interface Csrf {
  /** What the page with this cookie sends as `X-CSRF-Token`; it is stored nowhere. */
  tokenOf(cookie: string): string;
  /** @throws {ApiError} `CSRF_TOKEN_INVALID` for a write without its own session's token. */
  check(request: FastifyRequest, cookie: string): void;
  /** The same for what comes before there is a session. @throws {ApiError} `CSRF_TOKEN_INVALID`. */
  checkOrigin(request: FastifyRequest): void;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Tokens under keys derived from the master keys: the first makes them, all are accepted. */
export function createCsrf(parts: {
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  /** An origin, without a trailing slash. */
  readonly publicUrl: string;
}): Csrf {
  const keys = parts.masterKeys.map((master) =>
    Buffer.from(hkdfSync("sha256", master, "", "latchkey session csrf", 32)),
  );
  const [newest] = keys;
  if (newest === undefined) throw new Error("CSRF tokens need a master key");
  const tokenBy = (key: Uint8Array, cookie: string) =>
    createHmac("sha256", key).update(cookie).digest("base64url");

  function checkOrigin({ headers }: FastifyRequest): void {
    const { origin, host } = headers;
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin") throw invalid("sec-fetch-site");
    if (origin === undefined || origin === parts.publicUrl) return;
    // The cookie is this host's: a page of the same host and port is ours, by whatever name.
    if (host === undefined || hostOf(origin) !== host.toLowerCase()) throw invalid("origin");
  }

  return {
    tokenOf: (cookie) => tokenBy(newest, cookie),

    check(request, cookie) {
      if (SAFE.has(request.method)) return;
      checkOrigin(request);
      const sent = request.headers["x-csrf-token"];
      const isOurs =
        typeof sent === "string" && keys.some((key) => sameSecret(sent, tokenBy(key, cookie)));
      if (!isOurs) throw invalid("x-csrf-token");
    },

    checkOrigin(request) {
      if (!SAFE.has(request.method)) checkOrigin(request);
    },
  };
}

/** Host and port of an http origin; `undefined` for `null` and what is none. */
function hostOf(origin: string): string | undefined {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.host : undefined;
}

function invalid(field: string): ApiError {
  const message = "Send the session's own X-CSRF-Token, from a page of this host.";
  return new ApiError("CSRF_TOKEN_INVALID", message, { details: { field } });
}
