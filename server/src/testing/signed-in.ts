import type { Answer, ManagementApp } from "./management-app.ts";

/** A browser at the management API: it keeps the cookie, and sends the token with every write. */
export interface SignedIn {
  call(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Answer>;
  /** As a request sends it. */
  cookie: string;
  csrfToken: string;
}

export const PASSWORD = "a horse is no battery";

/** Opens a browser that nobody is signed in with. */
export function newSignedIn(
  it: ManagementApp,
  more: Readonly<Record<string, string>> = {},
): SignedIn {
  const browser: SignedIn = {
    cookie: "",
    csrfToken: "",
    async call(method, path, body) {
      const headers = {
        ...more,
        ...(browser.cookie !== "" && { cookie: browser.cookie }),
        ...(method !== "GET" && { "x-csrf-token": browser.csrfToken }),
      };
      const answer = await it.call(method, path, { body, token: null, headers });
      const line = answer.headers["set-cookie"];
      if (typeof line === "string") [browser.cookie = ""] = line.split(";", 1);
      if (answer.json.session !== undefined) browser.csrfToken = answer.json.session.csrfToken;
      return answer;
    },
  };
  return browser;
}

/** The browser of the first operator, an owner: `ada@example.com`. */
export async function signedInOwner(it: ManagementApp): Promise<SignedIn> {
  const browser = newSignedIn(it);
  const person = { name: "Ada", email: "ada@example.com", password: PASSWORD };
  const token = await it.setupToken();
  await browser.call("POST", "/v1/session/links", { kind: "setup", token, ...person });
  return browser;
}

/** The browser of somebody who signs in with `PASSWORD`; `api` is absent for operators. */
export async function signedIn(it: ManagementApp, email: string, api?: string): Promise<SignedIn> {
  const browser = newSignedIn(it);
  const body = { email, password: PASSWORD, ...(api !== undefined && { api }) };
  const answer = await browser.call("POST", "/v1/session", body);
  if (answer.json.next !== "done") throw new Error(`could not sign in: ${answer.text}`);
  return browser;
}

/** The browser in which a portal link was opened. */
export async function openedPortal(
  it: ManagementApp,
  draft: { readonly accountId: string; readonly capabilities: readonly string[] },
): Promise<SignedIn> {
  const made = await it.call("POST", "/v1/apis/standard/portal-sessions", { body: draft });
  const browser = newSignedIn(it);
  const token = made.json.url.split("#portal=")[1];
  await browser.call("POST", "/v1/session/links", { kind: "portal", token });
  return browser;
}
