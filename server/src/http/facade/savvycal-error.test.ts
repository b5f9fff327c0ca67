import { ApiError, type ApiErrorCode } from "@latchkey/engine";
import { expect, test } from "vitest";
import { SchemaFault } from "../validation.ts";
import type { FaultContext } from "./profile-facade.ts";
import { savvycalError } from "./savvycal-error.ts";

function answerTo(code: ApiErrorCode, field?: string, method = "POST") {
  return answerOf(
    new ApiError(code, "externalId is wrong.", {
      cause: "CANARY",
      ...(field === undefined ? {} : { details: { field } }),
    }),
    method,
  );
}

function answerOf(error: ApiError, method = "POST") {
  // Of the context only the method counts.
  const context = { request: { method } } as FaultContext;
  const { status, headers, body } = savvycalError(error, context);
  expect(headers).toEqual(["content-type", "application/json; charset=utf-8"]);
  expect(body).not.toContain("CANARY");
  return [status, body];
}

test.each([
  ["externalId", '"source":{"pointer":"/external_id"}', "external_id"],
  ["limits[0].max", '"source":{"pointer":"/limits/0/max"}', "externalId"],
])("a fault at %j of a body is 422 and points to it", (field, source, name) => {
  expect(answerTo("INVALID_REQUEST", field)).toEqual([
    422,
    `{"errors":[{"title":"Invalid value","detail":"${name} is wrong.",${source}}]}`,
  ]);
});

test("a fault that the schema found is pointed to as it was sent", () => {
  const place = { field: "a.b[0]", pointer: "/a.b[0]" };
  expect(answerOf(new SchemaFault("a.b[0] is wrong.", place))).toEqual([
    422,
    '{"errors":[{"title":"Invalid value","detail":"a.b[0] is wrong.","source":{"pointer":"/a.b[0]"}}]}',
  ]);
});

test("a fault in a query or a header is 400 and names it", () => {
  const item = (source: string) =>
    `{"errors":[{"status":"400","title":"Invalid value","detail":"externalId is wrong.","source":${source}}]}`;
  for (const code of ["INVALID_REQUEST", "INVALID_CURSOR"] as const) {
    expect(answerTo(code, "cursor", "GET")).toEqual([400, item('{"parameter":"cursor"}')]);
  }
  expect(answerTo("INVALID_REQUEST", "idempotency-key")).toEqual([
    400,
    item('{"header":"Idempotency-Key"}'),
  ]);
});

test("what is not there is 404 in the document's words alone", () => {
  const body = '{"errors":[{"detail":"Not Found","status":"404"}]}';
  expect(answerTo("NOT_FOUND")).toEqual([404, body]);
  expect(answerTo("NOT_FOUND", "id", "GET")).toEqual([404, body]);
});

test.each<[ApiErrorCode, number, string]>([
  ["INVALID_JSON", 400, "Bad Request"],
  ["INVALID_REQUEST", 400, "Bad Request"],
  ["FORBIDDEN", 403, "Forbidden"],
  ["CONFLICT", 409, "Conflict"],
  ["PAYLOAD_TOO_LARGE", 413, "Content Too Large"],
  ["UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type"],
  ["IDEMPOTENCY_KEY_REUSED", 422, "Unprocessable Content"],
  ["INTERNAL", 500, "Internal Server Error"],
  ["STORE_UNAVAILABLE", 503, "Service Unavailable"],
])("%s is %i with its status as a text", (code, status, title) => {
  const item = `"status":"${status}","title":"${title}","detail":"externalId is wrong."`;
  expect(answerTo(code)).toEqual([status, `{"errors":[{${item}}]}`]);
});
