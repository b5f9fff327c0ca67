import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { policyOf } from "../policy/validate.ts";
import { renderStandard, standardApi } from "../profiles/standard.ts";
import type { Deny } from "./decision.ts";
import { REASONS, type Reason } from "./reasons.ts";

const PAGE = readFileSync(new URL("../../../docs/reference/reasons.md", import.meta.url), "utf8");
const NAMES = Object.keys(REASONS) as readonly Reason[];

test("the reference page has exactly the reasons there are, in their words", () => {
  const expected = NAMES.map((name) => {
    const { class: refusal, meaning, remedy } = REASONS[name];
    return `| \`${name}\` | \`${refusal}\` | ${meaning} | ${remedy} |`;
  });
  expect(rowsBelow("The reasons")).toEqual(expected);
});

test("the reference page says what the standard profile answers to each class", () => {
  const expected = new Set(NAMES.map(answerRow));
  expect(new Set(rowsBelow("What the caller sees"))).toEqual(expected);
});

const REQUEST = { method: "GET", target: "/", headers: [], address: undefined, secure: true };

function rowsBelow(heading: string): readonly string[] {
  const [, rest = ""] = PAGE.split(`\n## ${heading}\n`);
  const [section = ""] = rest.split("\n## ");
  return section.match(/^\| `.*$/gm) ?? [];
}

function answerRow(reason: Reason): string {
  const deny: Deny = {
    outcome: "deny",
    at: 0,
    reason,
    scheme: undefined,
    rotation: undefined,
    principal: undefined,
    requirement: undefined,
    limit: undefined,
    retryAfterSeconds: undefined,
    apiVersion: undefined,
    trace: undefined,
  };
  const context = { policy: policyOf(standardApi), requestId: "r", request: REQUEST };
  const { status, body } = renderStandard(deny, context);
  const { error } = JSON.parse(body ?? "");
  return `| \`${REASONS[reason].class}\` | ${status} | \`${error.code}\` | ${error.message} |`;
}
