import { expect, test } from "vitest";
import { type ApiPlace, askedApi } from "./asked-api.ts";
import { CannotAsk } from "./cannot-ask.ts";
import { parseCurl } from "./curl-command.ts";

const STANDARD: ApiPlace = {
  slug: "standard",
  profile: "standard",
  mount: "http://localhost:4000/standard",
  hosts: [],
};
const ACME: ApiPlace = {
  slug: "acme",
  profile: "calcom",
  mount: "https://api.acme.example",
  hosts: ["api.acme.example", "API2.acme.example"],
};

function asked(curl: string, { apis = [STANDARD, ACME], api }: Asked = {}) {
  const { slug, target } = askedApi(parseCurl(`curl ${curl}`), apis, api);
  return `${slug} ${target}`;
}

interface Asked {
  readonly apis?: readonly ApiPlace[];
  readonly api?: string;
}

test.each([
  [
    "the first segment",
    "http://localhost:4000/standard/v2/users?a=1",
    {},
    "standard /v2/users?a=1",
  ],
  ["the first segment alone", "http://localhost:4000/standard", {}, "standard /"],
  ["the first segment and a query", "'http://localhost:4000/standard?a'", {}, "standard /?a"],
  ["the mount of an API that has a host", "http://localhost:4000/acme/v2", {}, "acme /v2"],
  ["the host", "https://api.acme.example/v2/me", {}, "acme /v2/me"],
  ["the host, otherwise spelled", "https://Api2.Acme.example.:8443/", {}, "acme /"],
  ["the host over the path", "https://api.acme.example/standard/x", {}, "acme /standard/x"],
  ["a Host header", "-H 'Host: api.acme.example' http://10.0.0.1/v2", {}, "acme /v2"],
  ["what was named", "https://elsewhere.example/v2", { api: "acme" }, "acme /v2"],
  ["what was named, below its mount", "http://x.example/acme/v2", { api: "acme" }, "acme /v2"],
  ["what was named over the path", "http://x.example/acme", { api: "standard" }, "standard /acme"],
  ["the only one", "https://elsewhere.example/v2", { apis: [ACME] }, "acme /v2"],
  ["the only one, at another port", "http://localhost:80/v2", { apis: [STANDARD] }, "standard /v2"],
  [
    "what was named, beside Latchkey",
    "http://localhost:4000/v2",
    { api: "standard" },
    "standard /v2",
  ],
  ["what was named over Latchkey", "http://x.example/v1/a", { api: "acme" }, "acme /v1/a"],
] as const)("finds the API by %s", (_what, curl, facts, found) => {
  expect(asked(curl, facts)).toBe(found);
});

test.each([
  [
    "several and no hint",
    "https://elsewhere.example/standards",
    {},
    /--api, one of standard, acme/,
  ],
  ["a wrong name", "https://a.example/", { api: "acne" }, /no API "acne".*acme/],
  [
    "a mistyped mount",
    "http://127.0.0.1:4000/standrad/v2",
    { apis: [STANDARD] },
    /no API at "\/standrad"; did you mean "standard"\?: there is only standard.*--api/,
  ],
  [
    "a mount left out",
    "http://localhost:4000/?a",
    { apis: [STANDARD] },
    /no API at "\/": there is/,
  ],
  ["Latchkey's own", "http://localhost:4000/v1/apis", { apis: [ACME] }, /calls Latchkey itself/],
  ["Latchkey's own page", "http://localhost:4000/openapi.json", {}, /calls Latchkey itself/],
  ["no API at all", "https://a.example/", { apis: [] }, /may see no API/],
] as const)("says what is wrong with %s", (_what, curl, facts, message) => {
  expect(() => asked(curl, facts)).toThrow(CannotAsk);
  expect(() => asked(curl, facts)).toThrow(message);
});
