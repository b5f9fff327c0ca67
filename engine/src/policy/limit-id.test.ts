import { describe, expect, test } from "vitest";
import { profiles } from "../profiles/index.ts";
import { compilePolicy } from "./compile.ts";
import { defineApi } from "./define.ts";
import { limitWithId } from "./limit-id.ts";
import { policyOf } from "./validate.ts";

const compiled = compilePolicy(policyOf(defineApi({ slug: "acme", extends: profiles.standard })));
const limit = compiled.limitOf("apiKey");
const custom = compiled.customLimit("apiKey", ["7/minute", "100/hour"]);

describe("limitWithId", () => {
  test("finds the limit of a policy and of a credential again", () => {
    expect(limitWithId("acme", limit?.id ?? "")).toEqual(limit);
    expect(limitWithId("acme", custom.id)).toEqual(custom);
  });

  const { id } = custom;
  test.each([
    ["another API's", id.replace('"acme"', '"other"')],
    ["one that no process writes so", id.replace(",", ", ")],
    ["one with a window that is none", id.replace('"max":7', '"max":0')],
    ["one with more than a window has", id.replace('"max":7', '"max":7,"more":1')],
    ["one without windows", '["acme","apiKey","credential","any",[]]'],
    ["one per something else", id.replace('"credential"', '"planet"')],
    ["one that refuses when it likes", id.replace('"any"', '"some"')],
    ["no list", '{"length":5}'],
    ["no JSON", "acme"],
  ])("takes no %s", (_what, text) => {
    expect(text).not.toBe(id);
    expect(limitWithId("acme", text)).toBeUndefined();
  });
});
