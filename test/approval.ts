/** Who signs in at the pages of an authorization server. */
export interface Person {
  readonly email: string;
  readonly password: string;
}

/** A browser at the pages of an authorization server: it keeps cookies, and stops at other sites. */
export interface PersonsBrowser {
  /** Goes on until a page asks for something, or the browser is sent to another site. */
  go(url: URL, form?: URLSearchParams): Promise<Stop>;
  /** What it has kept, as a request sends it. */
  cookies(): string;
}

interface Stop {
  readonly url: URL;
  readonly status: number;
  /** Empty at another site, which is not visited. */
  readonly html: string;
}

/** Opens one that has no cookies yet. */
export function openBrowser(): PersonsBrowser {
  const cookies = new Map<string, string>();
  return {
    cookies: () => [...cookies.values()].join("; "),
    async go(url, form) {
      const headers = { cookie: this.cookies() };
      const sent = form === undefined ? {} : { method: "POST", body: form };
      const answer = await fetch(url, { ...sent, headers, redirect: "manual" });
      for (const [pair = ""] of answer.headers.getSetCookie().map((line) => line.split(";"))) {
        const name = pair.slice(0, pair.indexOf("="));
        if (pair === `${name}=`) cookies.delete(name);
        else cookies.set(name, pair);
      }
      const html = await answer.text();
      const location = answer.headers.get("location");
      if (location === null) return { url, status: answer.status, html };
      const next = new URL(location, url);
      if (next.origin !== url.origin) return { url: next, status: answer.status, html: "" };
      return this.go(next);
    },
  };
}

/** The token of a page's form, without which its answer counts for nothing. */
export function csrfOf(html: string): string {
  return /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? "";
}

/** The scopes that a consent page asks for. */
export function scopesOn(html: string): readonly string[] {
  return [...html.matchAll(/name="scope" value="([^"]+)"/g)].map(([, name = ""]) => name);
}

/** The person signs in where that is asked, and allows everything or nothing; where it all ends. */
export async function approve(
  authorizationUrl: string,
  { email, password }: Person,
  browser = openBrowser(),
  decision: "allow" | "deny" = "allow",
): Promise<URL> {
  let stop = await browser.go(new URL(authorizationUrl));
  if (stop.html.includes('type="password"')) {
    const signIn = new URLSearchParams({ csrf: csrfOf(stop.html), email, password });
    stop = await browser.go(stop.url, signIn);
  }
  if (!stop.html.includes('name="decision"')) return stop.url;
  const form = new URLSearchParams({ csrf: csrfOf(stop.html), decision });
  for (const scope of scopesOn(stop.html)) form.append("scope", scope);
  return (await browser.go(stop.url, form)).url;
}
