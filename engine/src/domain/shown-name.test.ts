import { expect, test } from "vitest";
import { isShownName } from "./shown-name.ts";

test.each(["Reports", "😀", "نظام التقارير", "שלום", "می\u200cخواهم", "👩\u200d💻 at work", "a b"])(
  "people see %s",
  (name) => {
    expect(isShownName(name)).toBe(true);
  },
);

test.each([
  ["nothing", ""],
  ["blanks", " \u00a0\u3000"],
  ["characters without a form", "\u200b\u2060\u00ad\u3164\ufe0f"],
  ["what reads another way round", "\u202eelgooG"],
  ["an isolate", "Reports \u2067verified"],
  ["two lines", "Good\nVerified application"],
  ["two paragraphs", "Good\u2029Verified"],
  ["a bell", "Good\u0007"],
])("people do not see %s as it is", (_what, name) => {
  expect(isShownName(name)).toBe(false);
});
