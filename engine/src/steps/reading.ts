import { RequestPath } from "../domain/path.ts";
import type { PresentedHeaders } from "../domain/presented-headers.ts";
import type { ApiRequest } from "../domain/request.ts";
import type { CompiledRequirement, Matcher } from "../policy/match.ts";

/** What one request after the other says by itself, before anything is looked up. */
export class Reading {
  readonly path = new RequestPath();
  readonly presented: PresentedHeaders;
  readonly #matcher: Matcher;
  /** Two servers could read the path differently. */
  isPathMalformed = false;
  /** The header that was sent twice and must not be. */
  duplicated: string | undefined;
  /** What the endpoint asks; `undefined`: there is none, or nobody can tell. */
  requirement: CompiledRequirement | undefined;
  /** Somebody wants to know of each step: nothing that was seen before counts. */
  isExplained = false;

  constructor(presented: PresentedHeaders, matcher: Matcher) {
    this.presented = presented;
    this.#matcher = matcher;
  }

  /** Reads a request; what it says holds until the next is read. */
  read({ method, target, headers }: ApiRequest, isExplained: boolean): void {
    this.isExplained = isExplained;
    this.isPathMalformed = !this.#matcher.readPath(this.path, method, target);
    this.duplicated = this.presented.read(headers);
    const isFaulty = this.isPathMalformed || this.duplicated !== undefined;
    this.requirement = isFaulty ? undefined : this.#matcher.requirementOf(this.path);
  }
}
