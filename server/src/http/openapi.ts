import type { SwaggerOptions } from "@fastify/swagger";
import type { FastifySchema } from "fastify";
import { openApiWebhooks } from "./openapi-webhooks.ts";
import { PERMISSIONS } from "./permissions.ts";

/** How `openapi.json` is made of the routes. Routes without a tag are no part of this API. */
export function openApiOptions(parts: { version: string; publicUrl: string }): SwaggerOptions {
  return {
    hideUntagged: true,
    openapi: {
      openapi: "3.1.1",
      info: {
        title: "Latchkey management API",
        version: parts.version,
        description: DESCRIPTION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: parts.publicUrl }],
      webhooks: openApiWebhooks(),
      components: {
        securitySchemes: {
          operatorToken: {
            type: "http",
            scheme: "bearer",
            description:
              "An operator token. The environment's LATCHKEY_OPERATOR_TOKEN is an owner.",
          },
          session: {
            type: "apiKey",
            in: "cookie",
            name: "__Host-latchkey",
            description: "The dashboard's session; every write sends `X-CSRF-Token` too.",
          },
          proxyToken: {
            type: "apiKey",
            in: "header",
            name: "X-Latchkey-Token",
            description: "The token of an operator that may enforce decisions, sent by a proxy.",
          },
        },
      },
      tags: [
        { name: "apis", description: "What this deployment protects." },
        { name: "accounts", description: "The customers that own credentials." },
        { name: "users", description: "The people of accounts." },
        { name: "api-keys", description: "Keys, from issue to revocation." },
        {
          name: "signing-keys",
          description: "Public keys that customers' JWTs are verified with.",
        },
        { name: "jwt-secrets", description: "Secrets that customers' JWTs are signed with." },
        { name: "organization-keys", description: "App keys of organizations." },
        { name: "applications", description: "OAuth clients and platform clients." },
        { name: "grants", description: "Which users approved which applications." },
        { name: "issuer-keys", description: "What signs the tokens of an API's own server." },
        { name: "requests", description: "What customers ask of the operator." },
        { name: "webhook-endpoints", description: "Where webhooks go." },
        { name: "deliveries", description: "What was sent there, and what came back." },
        { name: "decisions", description: "What may pass." },
        { name: "verifiers", description: "Processes that decide in their own memory." },
        { name: "audit", description: "What was done, and how much was used." },
        { name: "operator-tokens", description: "Who may call this API." },
        { name: "portal-sessions", description: "Links into the dashboard of one account." },
        { name: "operators", description: "The people who run this installation." },
        { name: "session", description: "Signing in with a browser." },
        { name: "system", description: "How the process is." },
      ],
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, i) =>
        typeof json.$id === "string" ? json.$id : `def-${i}`,
    },
    transform: ({ schema, url, route }) => {
      const { requires, area, session, fresh, beforeSignIn } = route.config ?? {};
      if (beforeSignIn === true) return { schema: { ...schema, security: [] }, url };
      if ((requires ?? session) === undefined || schema === undefined) {
        return { schema: schema ?? {}, url };
      }
      const said = [
        schema.description,
        requires && `Roles: ${PERMISSIONS[requires].join(", ")}.`,
        area && area !== "any" && `Customers: with \`${area}\`.`,
        fresh && "A session must have been proved within five minutes.",
      ];
      const described: FastifySchema & Record<string, unknown> = {
        ...schema,
        security: [...(requires === undefined ? [] : [{ operatorToken: [] }]), { session: [] }],
        description: said.filter(Boolean).join("\n\n"),
      };
      return { schema: described, url };
    },
    transformObject(made) {
      if (!("openapiObject" in made)) throw new Error("this is no OpenAPI document");
      // Made by the library of our routes, which take JSON alone.
      const { paths } = made.openapiObject as unknown as { readonly paths: Paths };
      for (const operations of Object.values(paths)) {
        for (const { requestBody } of Object.values(operations)) {
          if (requestBody !== undefined && mayBeMissing(requestBody)) delete requestBody.required;
        }
      }
      return made.openapiObject;
    },
  };
}

interface RequestBody {
  required?: boolean;
  readonly content: {
    readonly "application/json": {
      readonly schema: { readonly required?: readonly string[]; readonly minProperties?: number };
    };
  };
}

type Paths = Readonly<Record<string, Record<string, { readonly requestBody?: RequestBody }>>>;

/** A missing body is an empty object (`parseJsonBodies`), so it need not be sent where that will do. */
function mayBeMissing({ content }: RequestBody): boolean {
  const { required = [], minProperties = 0 } = content["application/json"].schema;
  return required.length === 0 && minProperties === 0;
}

const DESCRIPTION = [
  "Issues, changes and revokes credentials, and answers whether a request may pass.",
  "Instants are RFC 3339 in UTC. Lists run from new to old and go on at `nextCursor`.",
  "Every POST that writes takes an `Idempotency-Key`.",
].join(" ");
