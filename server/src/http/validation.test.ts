import { expect, test } from "vitest";
import { buildValidator, validationFault } from "./validation.ts";

const LETTER_OF_TWO_UNITS = "𝕏";
const text = { type: "string", minLength: 2, maxLength: 3, pattern: "^[a-z𝕏]+$" };
const list = { type: ["string", "array"], maxLength: 2, items: { type: "string", maxLength: 1 } };
const schema = { type: "object", properties: { text, list } };

test.each<[object, string | undefined]>([
  [{ text: "ab" }, undefined],
  [{ text: "abc" }, undefined],
  [{ text: "a" }, "minLength"],
  [{ text: "abcd" }, "maxLength"],
  [{ text: "AB" }, "pattern"],
  [{ text: "ABCD" }, "maxLength"],
  [{ text: "A" }, "minLength"],
  [{ text: LETTER_OF_TWO_UNITS }, "minLength"],
  [{ text: LETTER_OF_TWO_UNITS.repeat(2) }, undefined],
  [{ text: LETTER_OF_TWO_UNITS.repeat(3) }, undefined],
  [{ text: LETTER_OF_TWO_UNITS.repeat(4) }, "maxLength"],
  [{ text: "\ud835ab" }, "pattern"],
  [{ list: "ab" }, undefined],
  [{ list: "abc" }, "maxLength"],
  [{ list: ["a", LETTER_OF_TWO_UNITS] }, undefined],
  [{ list: ["a", "ab"] }, "maxLength"],
])("counts characters, not units, of %j", (body, fault) => {
  const validate = buildValidator({})({ schema, httpPart: "body" });
  expect(validate(body)).toBe(fault === undefined);
  expect(validate.errors?.map(({ keyword }) => keyword)).toEqual(fault && [fault]);
});

// Ajv takes the text for an integer, and compares no bound with what is infinite.
test.each(["Infinity", "-Infinity", "1e309", "-1e309"])("no integer of a query is %s", (limit) => {
  const query = {
    type: "object",
    properties: { limit: { type: "integer", minimum: 1, maximum: 200 } },
  };
  const validate = buildValidator({})({ schema: query, httpPart: "querystring" });
  expect(validate({ limit })).toBe(false);
  const [fault] = validate.errors ?? [];
  expect(fault && validationFault([fault], "querystring")).toMatchObject({
    ...{ code: "INVALID_REQUEST", message: "limit must be an integer." },
    details: { field: "limit" },
  });
  expect([validate({ limit: "200" }), validate.errors]).toEqual([true, null]);
});

test.each([
  [{ minItems: 1 }, [], "list must have at least 1 element."],
  [{ minItems: 2 }, [], "list must have at least 2 elements."],
  [{ maxItems: 1 }, [0, 0], "list must have at most 1 element."],
  [{ minLength: 1 }, "", "list must have at least 1 character."],
  [{ maxLength: 2 }, "abc", "list must have at most 2 characters."],
  [{ minProperties: 1 }, {}, "list must have at least 1 member."],
  [{ maxProperties: 0 }, { a: 1 }, "list must have at most 0 members."],
])("says of %j in words how many there must be", (bound, found, message) => {
  const bounded = { type: "object", properties: { list: bound } };
  const validate = buildValidator({})({ schema: bounded, httpPart: "body" });
  expect(validate({ list: found })).toBe(false);
  const [fault] = validate.errors ?? [];
  expect(fault && validationFault([fault], "body")).toMatchObject({ message });
});
