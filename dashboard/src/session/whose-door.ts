const MEMORY = "latchkey-customers-of";

/** Of no API, and for its customers all the same. */
const SHARED_PAGE = "/security";

/**
 * The API whose customers the door is for; `null`: operators. `?api=slug` in the address says so,
 * or the page, if it is one for a customer of the API whose customer was here last.
 */
export function doorApi(): string | null {
  const { search, pathname } = window.location;
  const named = new URLSearchParams(search).get("api");
  if (named !== null) return named === "" ? null : named;
  const last = localStorage.getItem(MEMORY);
  if (pathname.endsWith(SHARED_PAGE)) return last;
  const [, page = null] = /\/apis\/([\w-]+)(?:\/|$)/.exec(pathname) ?? [];
  return page !== null && page === last ? page : null;
}

/** Remembers whose customer signed in in this browser; an operator has it forgotten. */
export function rememberDoor(api: string | null): void {
  if (api === null) localStorage.removeItem(MEMORY);
  else localStorage.setItem(MEMORY, api);
}
