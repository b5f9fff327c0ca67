import { hideSecrets } from "../../domain/hidden-secrets.ts";
import { RequestPath } from "../../domain/path.ts";
import { header } from "../../domain/request.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { parameterIndex, readPattern } from "../../policy/pattern.ts";
import type { RenderContext } from "../render.ts";

/** Read anew for each answer. */
const path = new RequestPath();

const REPEATABLE = /^[A-Za-z0-9._-]{1,128}$/;

/** What the path has for a parameter of the pattern that it matched, if an answer may repeat it. */
export function pathParameter(
  name: string,
  requirement: Requirement | undefined,
  { request }: RenderContext,
): string | undefined {
  const reading = readPattern(requirement?.match ?? "");
  if (!("pattern" in reading) || !path.read(request.target)) return undefined;
  const value = path.segment(parameterIndex(reading.pattern, name));
  return value === undefined ? undefined : repeated(value);
}

/** The client that the request names, the path before the header; `undefined`: none. */
export function clientIdOf(
  requirement: Requirement | undefined,
  context: RenderContext,
): string | undefined {
  const inPath = pathParameter("clientId", requirement, context);
  if (inPath !== undefined) return inPath;
  const sent = header(context.request.headers, "x-cal-client-id");
  return sent === undefined ? undefined : repeated(sent);
}

/** A caller's text as an answer may repeat it: it could be anything, a secret included. */
function repeated(text: string): string {
  return REPEATABLE.test(text) ? hideSecrets(text) : "<invalid>";
}
