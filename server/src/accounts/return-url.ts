import { redirectUriFault } from "@latchkey/engine";

/**
 * What is wrong with a place that the portal is to lead back to, as the end of a sentence, or
 * `undefined`: it is safe to follow, and one of the policy's `returnUrls` has it.
 */
export function returnUrlFault(text: string, allowed: readonly string[]): string | undefined {
  const fault = redirectUriFault(text, { patterns: false });
  if (fault !== undefined) return fault;
  const url = new URL(text);
  if (allowed.some((one) => leadsTo(one, url))) return undefined;
  return "is none of the policy's returnUrls.";
}

function leadsTo(allowed: string, url: URL): boolean {
  const pattern = new URL(allowed.replace("//*", "//any"));
  const isAnyHost = allowed.startsWith("https://*");
  if (url.protocol !== pattern.protocol) return false;
  if (!isAnyHost && url.hostname !== pattern.hostname) return false;
  // RFC 8252 §7.3: on a loopback host the port is chosen anew each time.
  const isAnyPort = pattern.port === "" && (isAnyHost || pattern.protocol === "http:");
  if (!isAnyPort && url.port !== pattern.port) return false;
  const folder = pattern.pathname.replace(/\/$/, "");
  return url.pathname === folder || url.pathname.startsWith(`${folder}/`);
}
