import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { startServer } from "./running-server.ts";

interface Document {
  readonly openapi: string;
  readonly paths: Record<
    string,
    Record<string, { operationId?: string; responses: object; security?: unknown }>
  >;
}

test("openapi.json describes every door of the running service, once, and is valid", async () => {
  await using server = await startServer();
  const { status, json } = await server.ask({ path: "/openapi.json" });
  expect(status).toBe(200);
  const document: Document = json;
  expect(document.openapi).toBe("3.1.1");
  expect(await new Validator().validate(structuredClone(json))).toMatchObject({ valid: true });
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  const ids = operations.map(({ operationId }) => operationId);
  expect(ids).not.toContain(undefined);
  expect(new Set(ids).size).toBe(operations.length);
  for (const door of ["verify", "verify/batch", "forward-auth"]) {
    expect(Object.keys(document.paths)).toContain(`/v1/apis/{api}/${door}`);
  }
  for (const { path, method, responses, security } of operations) {
    expect(Object.keys(responses).length, `${method} ${path}`).toBeGreaterThan(0);
    if (path.startsWith("/v1")) expect(security, `${method} ${path}`).toBeDefined();
  }
});
