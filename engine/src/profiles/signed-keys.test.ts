import { expect, test } from "vitest";
import type { Reason } from "../domain/reasons.ts";
import { aContext, aDeny } from "../testing/decisions.ts";
import { renderSignedKeys, signedKeysApi } from "./signed-keys.ts";

const CONTEXT = aContext(signedKeysApi);
const NOT_PROVEN = '{"error":"invalid or missing credentials"}';

test.each<[Reason, number, string]>([
  ["credential_missing", 401, NOT_PROVEN],
  ["credential_unknown", 401, NOT_PROVEN],
  ["signature_missing", 401, NOT_PROVEN],
  ["signature_invalid", 401, NOT_PROVEN],
  ["signature_key_mismatch", 401, NOT_PROVEN],
  ["signature_replayed", 401, NOT_PROVEN],
  ["organization_headers_incomplete", 401, NOT_PROVEN],
  [
    "token_expired",
    401,
    '{"error":"the signature has expired","server_time":"2027-01-15T08:00:00.000Z"}',
  ],
  [
    "token_lifetime_exceeded",
    401,
    '{"error":"the signature expires too far in the future",' +
      '"server_time":"2027-01-15T08:00:00.000Z"}',
  ],
  ["organization_mismatch", 403, '{"error":"forbidden"}'],
  ["principal_kind_refused", 403, '{"error":"this endpoint is for another kind of credential"}'],
  ["header_duplicated", 400, '{"error":"invalid request"}'],
  ["endpoint_unknown", 404, '{"error":"not found"}'],
  ["rate_limited", 429, '{"error":"too many requests"}'],
  ["source_unavailable", 503, '{"error":"authentication is temporarily unavailable"}'],
])("%s is %i", (reason, status, body) => {
  expect(renderSignedKeys(aDeny({ reason }), CONTEXT)).toMatchObject({ status, body });
});

test("asks for a key in its challenge", () => {
  const { headers } = renderSignedKeys(aDeny(), CONTEXT);
  expect(headers[headers.indexOf("WWW-Authenticate") + 1]).toBe('ApiKey realm="signed-keys"');
});
