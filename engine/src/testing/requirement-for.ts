import { RequestPath } from "../domain/path.ts";
import type { CompiledRequirement, Matcher } from "../policy/match.ts";

/** What a request must bring, and its path. Throws `Error` for a target that is no path. */
export function requirementFor(matcher: Matcher, method: string, target: string) {
  const path = new RequestPath();
  if (!matcher.readPath(path, method, target)) throw new Error(`no path: ${target}`);
  const requirement: CompiledRequirement | undefined = matcher.requirementOf(path);
  return { requirement, path };
}
