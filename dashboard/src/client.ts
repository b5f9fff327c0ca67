import { createClient } from "@latchkey/sdk/client";

let token = "";

/** What unsafe calls of the session carry; empty before anybody has signed in. */
export const csrfToken = (): string => token;

/** Remembers the token of the session that was just read; memory alone keeps it. */
export function keepCsrfToken(next: string): void {
  token = next;
}

/** Every call of the dashboard to the management API goes through it, with the session's cookie. */
export const client = createClient({
  url: window.location.origin,
  credentials: "same-origin",
  csrf: csrfToken,
});
