import { suggestion } from "@latchkey/engine";
import { CannotAsk } from "./cannot-ask.ts";
import type { CurlRequest } from "./curl-request.ts";
import { isLoopback } from "./loopback.ts";

/** Where the clients of an API find it, as `GET /v1/apis` tells. */
export interface ApiPlace {
  readonly slug: string;
  readonly profile: string;
  /** An absolute URL. */
  readonly mount: string;
  readonly hosts: readonly string[];
}

/** Which API a request is for, and its target there. */
export interface AskedApi {
  readonly slug: string;
  readonly profile: string;
  /** Path and query below the mount. */
  readonly target: string;
}

/** What never is a mount: where Latchkey answers itself. */
const OWN = /^\/(?:v1|auth|dashboard|healthz|readyz|metrics|openapi)(?:[/?.]|$)/;

/**
 * Finds the API by the host name that it is bound to, else by the first segment of the path. An
 * API that was named, or the only one there is, is also taken at another address: then that is its
 * own, behind a proxy that asks Latchkey, and the path is left as it is. At Latchkey's own address
 * it has to be named: what is below no mount there is nothing.
 *
 * @throws {CannotAsk} When it cannot be told which API is meant.
 */
export function askedApi(
  request: CurlRequest,
  apis: readonly ApiPlace[],
  named: string | undefined,
): AskedApi {
  const slugs = apis.map(({ slug }) => slug);
  if (apis.length === 0) throw new CannotAsk("The operator token may see no API.");
  if (named !== undefined && !slugs.includes(named)) {
    throw new CannotAsk(`There is no API "${named}"${suggestion(named, slugs)}: ${among(slugs)}.`);
  }
  const candidates = apis.filter(({ slug }) => named === undefined || slug === named);
  const host = hostOf(request);
  const bound = candidates.find(({ hosts }) => hosts.some((each) => each.toLowerCase() === host));
  if (bound !== undefined) return { ...of(bound), target: request.target };
  const mounted = candidates.find(({ slug }) => belowMount(request.target, slug) !== undefined);
  if (mounted !== undefined) {
    return { ...of(mounted), target: belowMount(request.target, mounted.slug) ?? "/" };
  }
  if (
    named === undefined &&
    !isOwn(request) &&
    apis.some(({ mount }) => isBeside(request, mount))
  ) {
    const [segment = ""] = request.target.slice(1).split(/[/?]/, 1);
    throw new CannotAsk(
      `Latchkey has no API at "/${segment}"${suggestion(segment, slugs)}: ${among(slugs)}. ` +
        "If this is your own API's address, name it with --api.",
    );
  }
  const [only, another] = candidates;
  if (only !== undefined && another === undefined && (named !== undefined || !isOwn(request))) {
    return { ...of(only), target: request.target };
  }
  if (isOwn(request)) {
    throw new CannotAsk("This calls Latchkey itself, not an API; it takes an operator token.");
  }
  throw new CannotAsk(
    `Neither host nor path of the URL tells which API is meant: name it with --api, ${among(slugs)}.`,
  );
}

function of({ slug, profile }: ApiPlace): Pick<AskedApi, "slug" | "profile"> {
  return { slug, profile };
}

function isOwn({ target }: CurlRequest): boolean {
  return OWN.test(target);
}

function among(slugs: readonly string[]): string {
  return slugs.length === 1 ? `there is only ${slugs[0]}` : `one of ${slugs.join(", ")}`;
}

/** Without port and trailing dot, in lower case; a Host header replaces what the URL says. */
function hostOf({ host, headers }: CurlRequest): string {
  const named = headers.find(({ name }) => name.toLowerCase() === "host")?.value ?? host;
  return named.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

/** Whether a request goes to the host and port at which Latchkey serves a mount. */
function isBeside({ scheme, host }: CurlRequest, mount: string): boolean {
  const asked = `${scheme}://${host}`;
  if (!URL.canParse(asked) || !URL.canParse(mount)) return false;
  const [to, at] = [new URL(asked), new URL(mount)];
  if (to.port !== at.port) return false;
  return to.hostname === at.hostname || (isLoopback(to.hostname) && isLoopback(at.hostname));
}

/** The rest of a target whose first segment is the slug. */
function belowMount(target: string, slug: string): string | undefined {
  if (!target.startsWith(`/${slug}`)) return undefined;
  const rest = target.slice(slug.length + 1);
  if (rest === "" || rest.startsWith("?")) return `/${rest}`;
  return rest.startsWith("/") ? rest : undefined;
}

/**
 * The slug of the API that was named, or of the only one there is.
 *
 * @throws {CannotAsk} When it cannot be told which API is meant.
 */
export function soleApi(apis: readonly ApiPlace[], named: string | undefined): string {
  const slugs = apis.map(({ slug }) => slug);
  const [only, another] = slugs.filter((slug) => named === undefined || slug === named);
  if (only === undefined) {
    const which = named === undefined ? "" : ` "${named}"${suggestion(named, slugs)}`;
    throw new CannotAsk(`There is no API${which}: ${among(slugs)}.`);
  }
  if (another === undefined) return only;
  throw new CannotAsk(`There are several APIs: name one with --api, ${among(slugs)}.`);
}
