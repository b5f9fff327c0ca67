import type { Policy } from "@latchkey/engine";

/** Where an API's authorization server is, as clients see it: from settings, never from a header. */
export interface Issuer {
  readonly api: string;
  /** RFC 8414 §2, character by character. */
  readonly url: string;
  readonly protocol: "http" | "https";
  /** Host and port. */
  readonly host: string;
  /** What stands before the paths of its endpoints: empty, or a slash and the slug. */
  readonly mount: string;
}

/** The issuer of an API: its first own host, else its mount below the public address. */
export function issuerOf({ slug, hosts }: Policy, publicUrl: string): Issuer {
  const [host] = hosts;
  const url = new URL(host === undefined ? `${publicUrl}/${slug}` : `https://${host}`);
  const mount = host === undefined ? `/${slug}` : "";
  return {
    api: slug,
    url: `${url.origin}${mount}`,
    protocol: url.protocol === "https:" ? "https" : "http",
    host: url.host,
    mount,
  };
}
