import type { LinkView } from "@latchkey/sdk/client";

const KINDS: readonly string[] = [
  "setup",
  "invitation",
  "reset",
  "portal",
] satisfies LinkView["kind"][];

/** A link that opens the dashboard once. */
export interface Link {
  readonly kind: LinkView["kind"];
  readonly token: string;
}

/**
 * Takes the link out of the address: its secret stands in the fragment, which no server sees, and is
 * gone from address bar and history before anything is shown.
 */
export function takeLink(): Link | undefined {
  const link = linkInAddress();
  if (link !== undefined) window.history.replaceState(null, "", window.location.pathname);
  return link;
}

/** Begins the page again when a link is opened where it is shown: only the fragment changes then. */
export function followLinks(): void {
  window.addEventListener("hashchange", () => {
    if (linkInAddress() !== undefined) window.location.reload();
  });
}

function linkInAddress(): Link | undefined {
  const [, kind = "", token = ""] = /^#(\w+)=([\w.-]{16,512})$/.exec(window.location.hash) ?? [];
  return KINDS.includes(kind) ? { kind: kind as Link["kind"], token } : undefined;
}
