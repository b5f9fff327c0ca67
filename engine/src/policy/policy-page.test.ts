import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { profiles, RENDERERS } from "../profiles/index.ts";
import { standardApi } from "../profiles/standard.ts";
import { SCHEMES } from "../schemes/index.ts";
import { PolicyError } from "./policy-error.ts";
import { readPolicies } from "./validate.ts";

const PAGE = readFileSync(new URL("../../../docs/reference/policy.md", import.meta.url), "utf8");

/** No member is called nearly so, hence the message lists all there are. */
const STRANGER = "qqqqqqqqqqqqqqqqqqqq";
const STRANGE = { [STRANGER]: 1 };

const window = { name: "w", max: 1, windowSeconds: 1 };
const keys = { per: "credential", windows: ["1/minute"] };

/** For each table of the page, a policy file with a stranger where the table's members are. */
const TABLES: Readonly<Record<string, object>> = {
  "The file": STRANGE,
  "An API": api(STRANGE),
  "A key format": api({ keyFormat: STRANGE }),
  Tokens: api({ tokens: STRANGE }),
  Signatures: api({ signatures: STRANGE }),
  "A scope": api({ scopes: { s: { title: "S", ...STRANGE } } }),
  "An endpoint": api({ endpoints: [{ match: "/s", ...STRANGE }] }),
  Entitlements: api({ entitlements: STRANGE }),
  Limits: api({ limits: STRANGE }),
  "A limit": api({ limits: { apiKey: { ...keys, ...STRANGE } } }),
  "A window": api({ limits: { apiKey: { ...keys, windows: [{ ...window, ...STRANGE }] } } }),
  Version: api({ version: STRANGE }),
  Verifiers: api({ verifiers: STRANGE }),
  "The authorization server": api({ oauth: STRANGE }),
};

describe("the reference page names exactly the members of", () => {
  test.each(Object.entries(TABLES))("%s", (heading, file) => {
    expect(membersBelow(heading).toSorted()).toEqual(membersAccepted(file).toSorted());
  });
});

test("the reference page names exactly the schemes there are, with the limits that count them", () => {
  const section = sectionBelow("Schemes");
  const rows = [...section.matchAll(/^\| `([^`]+)` \|.*\| `([^`]+)` \|$/gm)];
  expect(rows.map(([, name, limit]) => [name, limit]).toSorted()).toEqual(
    SCHEMES.map(({ name, limitKind }) => [name, limitKind]).toSorted(),
  );
});

test("the reference page says of each profile which schemes it takes", () => {
  const [, sentence = ""] = /^The profiles: ([^.]+)\./m.exec(sectionBelow("Schemes")) ?? [];
  const said = sentence.split(/;\s/).map((part) => part.match(/(?<=`)[a-z-]+(?=`)/g));
  expect(said).toEqual(
    Object.entries(profiles).map(([name, { schemes = [] }]) => [name, ...schemes]),
  );
});

test("the reference page names the renderers there are", () => {
  const row = sectionBelow("An API").match(/^\| `renderer` .*$/m)?.[0] ?? "";
  const names = row
    .split("|")
    .at(-2)
    ?.match(/(?<=`)[^`,]+(?=`)/g);
  expect(names?.filter((name) => name.trim() !== "")).toEqual(Object.keys(RENDERERS));
});

test("every table of the reference page is compared", () => {
  const headings = PAGE.split(/\n##+ /).flatMap((section) =>
    section.includes("\n| Member ") ? section.slice(0, section.indexOf("\n")) : [],
  );
  expect(headings).toEqual(Object.keys(TABLES));
});

function api(members: object): object {
  return { apis: [{ slug: "acme", extends: standardApi, ...members }] };
}

function sectionBelow(heading: string): string {
  return PAGE.split(/\n##+ /).find((text) => text.startsWith(`${heading}\n`)) ?? "";
}

function membersBelow(heading: string): readonly string[] {
  return [...sectionBelow(heading).matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = ""]) => name);
}

/** What the validator expects in the stranger's place, in its own words. */
function membersAccepted(file: object): readonly string[] {
  try {
    readPolicies(file);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const { text = "" } = error.problems.find(({ path }) => path.endsWith(STRANGER)) ?? {};
    return text.split("expected one of ")[1]?.split(", ") ?? [];
  }
  return [];
}
