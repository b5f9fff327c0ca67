/** A browser as far as an authorization needs one: it keeps cookies and follows redirects. */
export interface Browser {
  /** Follows redirects below `origin`; answers the address that leads away, or the last answer. */
  visit(url: string): Promise<Visit>;
  /** The same, beginning with a form that is posted. */
  submit(url: string, form: Form): Promise<Visit>;
  /** What it has kept, as a request sends it. */
  cookies(): string;
}

/** Names and values; as a list where a name comes more than once. */
type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

interface Visit {
  readonly left: URL | undefined;
  readonly answer: Response;
}

const MOST_STEPS = 12;

/** Opens a browser that has no cookies yet. */
export function newBrowser(origin: string): Browser {
  const jar = new Map<string, string>();
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  async function go(start: string, first: RequestInit): Promise<Visit> {
    let url = new URL(start);
    let init = first;
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      const headers = { cookie: cookies() };
      const answer = await fetch(url, { ...init, redirect: "manual", headers });
      for (const line of answer.headers.getSetCookie()) keep(jar, line);
      const location = answer.headers.get("location");
      if (location === null) return { left: undefined, answer };
      url = new URL(location, url);
      if (url.origin !== origin) return { left: url, answer };
      await answer.body?.cancel();
      init = {};
    }
    throw new Error(`redirected in a circle: ${url.pathname}`);
  }
  return {
    cookies,
    visit: (url) => go(url, {}),
    submit: (url, form) => go(url, { method: "POST", body: formOf(form) }),
  };
}

function formOf(form: Form): URLSearchParams {
  const pairs = Array.isArray(form) ? form : Object.entries(form);
  return new URLSearchParams(pairs.map(([name, value]) => [name, value]));
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = ""] = line.split(";");
  const at = pair.indexOf("=");
  const value = pair.slice(at + 1);
  if (value === "") jar.delete(pair.slice(0, at));
  else jar.set(pair.slice(0, at), value);
}
