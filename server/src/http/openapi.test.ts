import { Validator } from "@seriousme/openapi-schema-validator";
import type { RouteOptions } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../testing/management-app.ts";
import { components } from "./schemas/components.ts";

let it: ManagementApp;
const routes: RouteOptions[] = [];
// biome-ignore lint/suspicious/noExplicitAny: a parsed document
let document: any;

beforeAll(async () => {
  it = await openManagementApp({}, { onRoute: (route) => routes.push(route) });
  document = (await it.call("GET", "/openapi.json", { token: null })).json;
});
afterAll(() => it.close());

/** Pages for people are no part of the API. */
const PAGES = ["/", "/dashboard", "/dashboard/", "/dashboard/icon.svg"];

test("is valid OpenAPI 3.1", async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(document.openapi).toMatch(/^3\.1\./);
});

test("lists every route with all its statuses, and nothing else", () => {
  const listed = Object.entries<Record<string, { responses: object }>>(document.paths).flatMap(
    ([path, operations]) =>
      Object.entries(operations).map(
        ([method, { responses }]) =>
          `${method.toUpperCase()} ${path} ${Object.keys(responses).join(" ")}`,
      ),
  );
  const expected = routes
    .filter(({ url, method }) => method !== "HEAD" && !PAGES.includes(url))
    .map(({ url, method, schema }) => {
      const path = url.replace(/:(\w+)/g, "{$1}");
      return `${method} ${path} ${Object.keys(schema?.response ?? {}).join(" ")}`;
    });
  expect(expected.length).toBeGreaterThan(25);
  expect(listed.sort()).toEqual(expected.sort());
});

test("every operation has a name of its own, a summary, a tag and who may call it", () => {
  const operations = Object.values<Record<string, Record<string, unknown>>>(document.paths).flatMap(
    (byMethod) => Object.values(byMethod),
  );
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(operations.length);
  const names = document.tags.map(({ name }: { name: string }) => name);
  for (const { summary, tags, operationId, security, description } of operations) {
    expect([operationId, typeof summary]).toEqual([operationId, "string"]);
    expect(names).toContain((tags as string[])[0]);
    const [tag] = tags as string[];
    if (tag === "session") {
      const isSignIn = operationId !== "getSession" && (security as object[]).length === 0;
      expect([operationId, security]).toEqual([operationId, isSignIn ? [] : [{ session: [] }]]);
    } else if (tag !== "system") {
      expect(security).toEqual([{ operatorToken: [] }, { session: [] }]);
      expect(description).toMatch(/Roles: /);
    }
  }
});

test("names every schema once, and defines what it refers to", () => {
  const names = Object.keys(document.components.schemas).sort();
  expect(names).toEqual(components.map((schema) => (schema as { $id?: string }).$id).sort());
  const references = JSON.stringify(document).match(/"#\/components\/schemas\/[^"]+"/g) ?? [];
  for (const reference of references) {
    expect(names).toContain(reference.slice(1, -1).split("/").at(-1));
  }
});

test("every writing operation may be refused with every status that writing can meet", () => {
  for (const { url, method, schema } of routes) {
    if (method !== "POST" && method !== "PATCH") continue;
    const statuses = Object.keys(schema?.response ?? {});
    expect([url, statuses]).toEqual([
      url,
      expect.arrayContaining(["400", "401", "403", "404", "413", "415", "500", "503"]),
    ]);
  }
});

test("what an Idempotency-Key repeats may be refused with what such a key can meet", () => {
  const keyed = Object.entries<Record<string, Keyed>>(document.paths).flatMap(
    ([path, operations]) =>
      Object.values(operations).flatMap(({ parameters = [], responses }) =>
        parameters.some(({ name }) => name === "idempotency-key") ? [{ path, responses }] : [],
      ),
  );
  expect(keyed.length).toBeGreaterThan(40);
  for (const { path, responses } of keyed) {
    // Another body, and an answer that no master key here opens any more.
    expect([path, Object.keys(responses)]).toEqual([path, expect.arrayContaining(["409", "422"])]);
  }
});

interface Keyed {
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: object;
}

test("asks for a body only where none is refused", () => {
  const asked = Object.entries<Record<string, { requestBody?: RequestBody }>>(
    document.paths,
  ).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) =>
      requestBody === undefined ? [] : [[`${method} ${path}`, requestBody] as const],
    ),
  );
  for (const [operation, { required, content }] of asked) {
    const { schema } = content["application/json"];
    const mayBeEmpty = (schema.required ?? []).length === 0 && (schema.minProperties ?? 0) === 0;
    expect([operation, required ?? false]).toEqual([operation, !mayBeEmpty]);
  }
  const names = asked.flatMap(([operation, { required }]) => (required ? [] : [operation]));
  expect(names).toContain("post /v1/apis/{api}/api-keys/{id}/rotate");
  expect(names).not.toContain("patch /v1/apis/{api}/api-keys/{id}");
});

interface RequestBody {
  readonly required?: boolean;
  readonly content: {
    readonly "application/json": {
      readonly schema: { readonly required?: string[]; readonly minProperties?: number };
    };
  };
}
