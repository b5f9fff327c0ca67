import type { Decision } from "../domain/decision.ts";
import { quoted } from "../domain/quoted.ts";
import { createHeaderMembers, type HeaderMembers, headersObject } from "./header-members.ts";
import { RATE_LIMIT_NAMES, rateLimitMembers } from "./rate-limit-headers.ts";
import type { Render, RenderContext, Rendered } from "./render.ts";

/** A decision as an HTTP answer, in JSON. */
export interface RenderedText {
  readonly status: number;
  /** `headers`, an object, and `body`: members of an object, as `JSON.stringify` writes them. */
  readonly members: string;
}

/** Writes what `Render` returns as text, to the letter, without making all of it first. */
export type RenderText = (decision: Decision, context: RenderContext) => RenderedText;

/** For any renderer. */
export function textOf(render: Render): RenderText {
  const membersOf = createHeaderMembers([]);
  return (decision, context) => written(render(decision, context), membersOf);
}

/** For a renderer that tells of a limit by `rateLimitHeaders`, before all else and nowhere else. */
export function textAfterLimit(render: Render): RenderText {
  const whole = textOf(render);
  const membersOf = createHeaderMembers(RATE_LIMIT_NAMES);

  return (decision, context) => {
    const { limit } = decision;
    const limits = limit && rateLimitMembers(limit);
    if (limits === undefined) return whole(decision, context);
    const { status, headers, body } = render({ ...decision, limit: undefined }, context);
    const others = membersOf(headers);
    if (others === undefined) return whole(decision, context);
    return { status, members: `"headers":{${limits}${others}}${bodyMember(body)}` };
  };
}

function written({ status, headers, body }: Rendered, membersOf: HeaderMembers): RenderedText {
  const members = membersOf(headers);
  return members === undefined
    ? { status, members: `"headers":${JSON.stringify(headersObject(headers))}${bodyMember(body)}` }
    : { status, members: `"headers":{${members}}${bodyMember(body)}` };
}

function bodyMember(body: string | null): string {
  return body === null ? ',"body":null' : `,"body":${quoted(body)}`;
}
