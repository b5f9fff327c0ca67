import type { TSchema } from "typebox";
import { Type } from "typebox";
import { type DataKind, WEBHOOK_CATALOGUE } from "../store/webhook-catalogue.ts";
import { Nullable } from "./schemas/base.ts";

const KINDS: Readonly<Record<DataKind, () => TSchema>> = {
  text: () => Type.String(),
  "text or null": () => Nullable(Type.String()),
  texts: () => Type.Array(Type.String()),
  number: () => Type.Integer(),
  flag: () => Type.Boolean(),
  instant: () => Type.String({ format: "date-time" }),
  object: () => Type.Object({}, { additionalProperties: true }),
};

const header = (name: string, description: string) => ({
  name,
  in: "header",
  required: true,
  schema: { type: "string" },
  description,
});

/** What is on every delivery, whatever the API's document adds. */
const HEADERS = [
  header("webhook-id", "The event: the same at every attempt."),
  header("webhook-timestamp", "When it was sent, in Unix seconds."),
  header("webhook-signature", "`v1,` and `v1a,` signatures, by Standard Webhooks."),
  header("content-digest", "SHA-256 of the body, by RFC 9530."),
];

/** The section `webhooks` of `openapi.json`: every event of Latchkey's own, in the usual format. */
export function openApiWebhooks(): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(WEBHOOK_CATALOGUE).map(([type, { meaning, data }]) => {
      const members = Object.entries(data).map(([name, kind]) => [name, KINDS[kind]()]);
      const schema = Type.Object({
        id: Type.String(),
        type: Type.String({ enum: [type] }),
        timestamp: Type.String({ format: "date-time" }),
        accountId: Nullable(Type.String()),
        data: Type.Object(Object.fromEntries(members)),
      });
      const post = {
        summary: meaning,
        tags: ["webhook-endpoints"],
        parameters: HEADERS,
        requestBody: { required: true, content: { "application/json": { schema } } },
        responses: {
          "2XX": { description: "It arrived." },
          410: { description: "The endpoint wants nothing any more, and is disabled." },
        },
      };
      return [type, { post }];
    }),
  );
}
