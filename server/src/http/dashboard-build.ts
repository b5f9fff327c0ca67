import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Where it lies: in the published package, or in its own workspace when run from source. */
export const BUILT_DASHBOARD = path.join(
  import.meta.dirname,
  import.meta.filename.endsWith(".ts") ? "../../../dashboard/dist" : "../dashboard",
);

/** The dashboard as Vite built it. */
export interface DashboardBuild {
  /** Files whose names change with what is in them. */
  readonly assets: string;
  /** What there is among them, by name. */
  readonly files: ReadonlySet<string>;
  /** The page with its headers; each time with another nonce. */
  page(): { readonly html: string; readonly headers: Readonly<Record<string, string>> };
}

const NONCE_MARK = "__STYLE_NONCE__";
const NONCE_BYTES = 16;

/**
 * Reads a build once; `undefined` where nothing was built. Of other places the page may load
 * `logos`, and nothing else.
 */
export function readDashboardBuild(
  folder: string,
  logos: readonly string[],
): DashboardBuild | undefined {
  const html = readIfThere(path.join(folder, "index.html"));
  if (html === undefined) return undefined;
  const foreign = [...new Set(logos)].filter((each) => each.startsWith("https:"));
  const assets = path.join(folder, "assets");
  return {
    assets,
    files: new Set(readdirSync(assets)),
    page() {
      const nonce = randomBytes(NONCE_BYTES).toString("base64url");
      return { html: html.replace(NONCE_MARK, nonce), headers: pageHeaders(nonce, foreign) };
    },
  };
}

/**
 * The page runs and loads only what this server serves, and sends only to it. The component library
 * writes a style element of its own, which carries the nonce. Nobody may frame the page.
 */
function pageHeaders(nonce: string, logos: readonly string[]): Readonly<Record<string, string>> {
  return {
    ...PAGE_HEADERS,
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      ["img-src 'self' data:", ...logos].join(" "),
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
}

/** What every page of the dashboard is sent with. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
