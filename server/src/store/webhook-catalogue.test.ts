import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { WEBHOOK_CATALOGUE } from "./webhook-catalogue.ts";

const PAGE = readFileSync(new URL("../../../docs/reference/events.md", import.meta.url), "utf8");

test("the reference page has each event in the catalogue's words, and no other", () => {
  const rows = Object.entries(WEBHOOK_CATALOGUE).map(([type, { meaning, data }]) => {
    const members = Object.entries(data).map(([name, kind]) => `\`${name}\` (${kind})`);
    return `| \`${type}\` | ${meaning} | ${members.join(", ") || "none"} |`;
  });
  expect(rows.length).toBeGreaterThan(20);
  expect(PAGE.match(/^\| `.*$/gm) ?? []).toEqual(rows);
});
