import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REASONS, type Reason } from "../domain/reasons.ts";
import { aContext, aDeny, aPrincipal } from "../testing/decisions.ts";
import { profiles, RENDERERS } from "./index.ts";

const PAGE = readFileSync(new URL("../../../docs/reference/reasons.md", import.meta.url), "utf8");
const NAMES = Object.keys(REASONS) as readonly Reason[];
const OTHERS = ["savvycal", "calcom", "signed-keys"] as const;

test("the reference page says which statuses the other profiles have for each class", () => {
  const [, rest = ""] = PAGE.split("\n## What other profiles answer\n");
  const [section = ""] = rest.split("\n## ");
  const classes = [...new Set(NAMES.map((name) => REASONS[name].class))];
  const rows = classes.map((each) => {
    const reasons = NAMES.filter((name) => REASONS[name].class === each);
    const cells = OTHERS.map((profile) => statusesOf(profile, reasons).join(", "));
    return `| \`${each}\` | ${cells.join(" | ")} |`;
  });
  expect((section.match(/^\| `\w+` .*\d.*$/gm) ?? []).toSorted()).toEqual(rows.toSorted());
});

function statusesOf(name: (typeof OTHERS)[number], reasons: readonly Reason[]): readonly number[] {
  const context = aContext(profiles[name]);
  const principals = [undefined, aPrincipal({ kind: "managed-user" })];
  const statuses = reasons.flatMap((reason) =>
    principals.map((principal) => {
      const deny = aDeny({ reason, principal, scheme: "access-token" });
      return RENDERERS[name]?.(deny, context).status ?? 0;
    }),
  );
  return [...new Set(statuses)].toSorted((a, b) => a - b);
}
