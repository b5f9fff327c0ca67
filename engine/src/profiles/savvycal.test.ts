import { describe, expect, test } from "vitest";
import { REASONS, type Reason } from "../domain/reasons.ts";
import { compilePolicy } from "../policy/compile.ts";
import { policyOf } from "../policy/validate.ts";
import { aContext, aDeny, aRequirement } from "../testing/decisions.ts";
import { requirementFor } from "../testing/requirement-for.ts";
import { renderSavvycal, savvycalApi } from "./savvycal.ts";

const CONTEXT = aContext(savvycalApi);
const COMPILED = compilePolicy(policyOf(savvycalApi));

function requirementOf(line: string) {
  const [method = "", target = ""] = line.split(" ");
  return requirementFor(COMPILED, method, target).requirement;
}

describe("endpoints", () => {
  test.each([
    ["GET /v1/account", ["account", "platform"], "account", false],
    ["GET /v1/user", ["user"], "own", false],
    ["GET /v1/platform", ["platform"], "own", false],
    ["GET /v1/accounts", ["platform"], "own", false],
    ["POST /v1/accounts", ["platform"], "own", false],
    ["GET /v1/accounts/acct_1", ["platform"], "own", false],
    ["POST /v1/dashboard_sessions", ["account", "platform"], "account", false],
    ["GET /v1/public/appointments/x", [], "account", true],
    ["GET /v1/appointments", [], "account", false],
  ])("%s is for %j in the context %s", (line, accepts, context, anonymous) => {
    expect(requirementOf(line)).toMatchObject({ accepts, context, anonymous });
  });
});

describe("answers", () => {
  const NOT_FOUND = '{"errors":[{"detail":"Not Found","status":"404"}]}';

  test.each<[Reason, number, string]>([
    ["account_unknown", 404, NOT_FOUND],
    ["endpoint_unknown", 404, NOT_FOUND],
    [
      "address_not_allowed",
      403,
      '{"errors":[{"detail":"Forbidden","status":"403","code":"forbidden"}]}',
    ],
    [
      "rate_limited",
      429,
      '{"errors":[{"detail":"Too Many Requests","status":"429","code":"limited"}]}',
    ],
    [
      "source_unavailable",
      503,
      '{"errors":[{"detail":"Service Unavailable","status":"503","code":"unavailable"}]}',
    ],
    [
      "header_duplicated",
      400,
      '{"errors":[{"status":"400","title":"Invalid request",' +
        '"detail":"The request is malformed.","code":"invalid_request"}]}',
    ],
  ])("%s is %i", (reason, status, body) => {
    expect(renderSavvycal(aDeny({ reason }), CONTEXT)).toMatchObject({ status, body });
  });

  test("all that is unauthenticated is one 401, member by member", () => {
    const reasons = (Object.keys(REASONS) as readonly Reason[]).filter(
      (reason) => REASONS[reason].class === "unauthenticated",
    );
    expect(reasons.length).toBeGreaterThan(20);
    for (const reason of reasons) {
      expect(renderSavvycal(aDeny({ reason }), CONTEXT)).toMatchObject({
        status: 401,
        body: '{"errors":[{"detail":"Unauthorized","status":"401"}]}',
      });
    }
  });

  test.each([
    ["principal_kind_refused", "GET /v1/account", "an account-scoped"],
    ["account_missing", "GET /v1/account", "an account-scoped"],
    ["account_missing", "GET /v1/appointments", "an account-scoped"],
    ["principal_kind_refused", "GET /v1/user", "a user"],
    ["principal_kind_refused", "GET /v1/platform", "a platform"],
    ["principal_kind_refused", "POST /v1/accounts", "a platform"],
  ] as const)("%s on %s is 400 and asks for %s token", (reason, line, kind) => {
    const requirement = aRequirement(requirementOf(line));
    expect(renderSavvycal(aDeny({ reason, requirement }), CONTEXT)).toMatchObject({
      status: 400,
      body:
        '{"errors":[{"status":"400","title":"Invalid value",' +
        `"detail":"You must use ${kind} token to access this endpoint."}]}`,
    });
  });
});
