import { expect, test } from "vitest";
import { fillTemplate } from "./payload-template.ts";

const VALUES = {
  title: 'Tea "now"\n',
  count: 0,
  yes: false,
  nothing: null,
  payload: { people: [{ name: "Zoë" }] },
};

test.each([
  ['{"a":"{{title}}"}', '{"a":"Tea \\"now\\"\\n"}'],
  ["{{ count }}/{{yes}}", "0/false"],
  ["{{payload.people.0.name}}", "Zoë"],
  ["[{{nothing}}{{missing}}{{title.length}}{{payload.people.9.name}}]", "[]"],
  ['"{{payload}}"', '"{\\"people\\":[{\\"name\\":\\"Zoë\\"}]}"'],
  ["{{constructor}}{{__proto__.polluted}}{{payload.toString}}", ""],
  ["{{ two words }} {{}} {title}", "{{ two words }} {{}} {title}"],
])("%s becomes %s", (template, body) => {
  expect(fillTemplate(template, VALUES)).toBe(body);
});

test("a template that names a large value often becomes no body of megabytes", () => {
  const payload = { text: '"'.repeat(65_000) };
  expect(fillTemplate("{{payload}}", { payload })?.length).toBeGreaterThan(195_000);
  expect(fillTemplate("{{payload}}{{payload}}", { payload })).toBeNull();
  expect(fillTemplate("{{payload}}".repeat(744), { payload })).toBeNull();
});

test("what a value holds is no template itself", () => {
  expect(fillTemplate("{{a}}", { a: "{{b}}", b: "secret" })).toBe("{{b}}");
});
