import type { Policy } from "@latchkey/engine";

/**
 * What to tell whoever binds an API to the host of the public URL: that host then serves the API
 * alone, and links to the dashboard lead nowhere. `undefined`: nobody does.
 */
export function hiddenDashboard(
  policies: readonly Pick<Policy, "slug" | "hosts">[],
  publicUrl: string,
): string | undefined {
  const { hostname } = new URL(publicUrl);
  const bound = policies.find(({ hosts }) => hosts.includes(hostname));
  if (bound === undefined) return undefined;
  return (
    `the API "${bound.slug}" is bound to ${hostname}, the host of LATCHKEY_PUBLIC_URL: it serves ` +
    "that API, but neither dashboard nor management API; give the public URL another host"
  );
}
