import { ApiError } from "@latchkey/engine";
import { expect, test } from "vitest";
import { SchemaFault } from "../validation.ts";
import { inSnakeCase } from "./snake-case.ts";

const fault = (message: string, field: string) =>
  inSnakeCase(new ApiError("INVALID_REQUEST", message, { details: { field } }));

test("a member is named as the document spells it", () => {
  expect(fault("allowedIps[0] is no address.", "allowedIps[0]")).toEqual({
    message: "allowed_ips[0] is no address.",
    details: { field: "allowed_ips[0]" },
  });
});

test("a member that there is not is named as it was sent", () => {
  const message = 'expiresAt is not a member of the body; did you mean "expires_at"?';
  const sent = new SchemaFault(message, { field: "expiresAt", pointer: "/expiresAt" });
  expect(inSnakeCase(sent)).toEqual({ message, details: { field: "expiresAt" } });
});
