import {
  API_ERRORS,
  ApiError,
  type ApiErrorCode,
  policyOf,
  profiles,
  RENDERERS,
} from "@latchkey/engine";
import { expect, test } from "vitest";
import { NOW } from "../../testing/now.ts";
import { FACADES } from "./index.ts";

const CODES = Object.keys(API_ERRORS) as ApiErrorCode[];

const SHAPES: Readonly<Record<string, object>> = {
  standard: {
    error: { code: expect.any(String), message: expect.any(String), request_id: "req_1" },
  },
  savvycal: { errors: [expect.objectContaining({ detail: expect.any(String) })] },
  calcom: {
    status: "error",
    timestamp: "2026-11-22T12:00:00.000Z",
    path: "/v2/me?x=1",
    error: expect.objectContaining({ code: expect.any(String), message: expect.any(String) }),
  },
  "signed-keys": { error: expect.any(String) },
};

test("every renderer has its facade, and each of them is looked at here", () => {
  expect(Object.keys(FACADES)).toEqual(Object.keys(RENDERERS));
  expect(Object.keys(SHAPES)).toEqual(Object.keys(FACADES));
});

test.each(Object.keys(SHAPES))("%s words every error there is, faults of ours included", (name) => {
  const profile = profiles[name as keyof typeof profiles];
  const policy = policyOf({ extends: profile, slug: "acme" });
  const request = {
    method: "POST",
    target: "/v2/me?x=1",
    headers: ["Authorization", "Bearer CANARY"],
    address: undefined,
    secure: true,
  };
  for (const code of CODES) {
    const error = new ApiError(code, "What went wrong.", { cause: new Error("CANARY") });
    const context = { policy, requestId: "req_1", request, at: NOW };
    const answer = FACADES[name]?.errorAnswer(error, context);
    expect([code, answer?.status]).toEqual([code, API_ERRORS[code].status]);
    expect(JSON.parse(answer?.body ?? "")).toEqual(SHAPES[name]);
    expect(answer?.headers.slice(0, 2)).toEqual([
      "content-type",
      "application/json; charset=utf-8",
    ]);
    expect(JSON.stringify(answer)).not.toContain("CANARY");
  }
});
