import { type Static, Type } from "typebox";
import { DELIVERY_STATUSES, type DeliveryRecord } from "../../store/webhook-record.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";
import { ListOf, pageQuery } from "./list.ts";

const headers = Type.Object(
  {},
  { additionalProperties: true, description: "Without what nobody else may know." },
);

/** One event on its way to one endpoint. */
export const WebhookDelivery = Type.Object(
  {
    id: Type.String({ examples: ["dlv_4f1c0a9be27d4f1c0a9be27d"] }),
    endpointId: Type.String(),
    eventId: Type.String({ description: "`webhook-id` of every attempt." }),
    type: Type.String(),
    accountId: Nullable(Type.String()),
    applicationId: Nullable(Type.String()),
    data: Type.Object({}, { additionalProperties: true, description: "What the event tells." }),
    status: OneOf(DELIVERY_STATUSES, "`dead`: given up. It can be retried."),
    createdAt: Instant("When the event happened."),
    settledAt: Nullable(Instant("When it arrived or was given up.")),
    nextAttemptAt: Nullable(Instant("When the next attempt is due.")),
    attemptCount: Type.Integer(),
    attempts: Type.Array(
      Type.Object({
        number: Type.Integer(),
        at: Instant("When it was sent."),
        durationMillis: Type.Integer(),
        requestHeaders: headers,
        status: Nullable(Type.Integer({ description: "Null: there was no answer." })),
        responseHeaders: headers,
        responseBody: Nullable(Type.String({ description: "The beginning of it." })),
        error: Nullable(Type.String({ description: "Null: it arrived." })),
      }),
      { description: "The last 15, from old to new." },
    ),
  },
  { $id: "WebhookDelivery" },
);

/** A page of deliveries. */
export const WebhookDeliveryList = ListOf(WebhookDelivery, "WebhookDeliveryList");

const filters = {
  ...pageQuery,
  status: Type.Optional(OneOf(DELIVERY_STATUSES)),
  type: Type.Optional(Text({ minLength: 1, maxLength: 200 })),
  eventId: Type.Optional(Id("evt")),
};

/** `GET webhook-endpoints/{id}/deliveries`. */
export const DeliveriesOfEndpointQuery = Type.Object(filters, { additionalProperties: false });

/** `GET deliveries`. */
export const DeliveryQuery = Type.Object(
  {
    ...filters,
    accountId: Type.Optional(Id("acct", "Whose endpoints they go to.")),
    endpointId: Type.Optional(Id("wh")),
  },
  { additionalProperties: false },
);

/** `POST webhook-endpoints/{id}/retry`. */
export const RetryDeliveries = Body({
  status: Type.Optional(
    OneOf(["dead", "delivered"], "Which ones; `dead` when absent. Oldest first, 500 at most."),
  ),
  from: Type.Optional(Instant("Events from then on.")),
  to: Type.Optional(Instant("Events before then.")),
  cursor: Type.Optional(
    Type.String({
      maxLength: 512,
      description: "`nextCursor` of the call before, with the other members as they were.",
    }),
  ),
});

/** What became of it. */
export const RetriedDeliveries = Type.Object(
  {
    retried: Type.Integer({ description: "How many are sent once more." }),
    more: Type.Boolean({ description: "There are more: call again, with `nextCursor`." }),
    nextCursor: Nullable(Type.String({ description: "Null when there are no more." })),
  },
  { $id: "RetriedDeliveries" },
);

/** `POST events/publish`. */
export const PublishEvent = Body({
  type: Text({
    minLength: 1,
    maxLength: 200,
    description: "Words with `.` between them; not one that begins like Latchkey's own.",
  }),
  accountId: Id("acct", "Whose event it is."),
  applicationId: Type.Optional(Nullable(Id("app", "The application that it is about, if any."))),
  data: Type.Unsafe<Readonly<Record<string, unknown>>>({
    type: "object",
    additionalProperties: true,
    description: "At most 64 KiB of JSON.",
  }),
});

/** An event that is on its way. */
export const PublishedEvent = Type.Object(
  {
    id: Type.String({ description: "`webhook-id` of its deliveries." }),
    endpoints: Type.Integer({ description: "How many endpoints get it." }),
  },
  { $id: "PublishedEvent" },
);

/** The record as it goes over the wire. */
export function toWebhookDelivery(record: DeliveryRecord): Static<typeof WebhookDelivery> {
  return {
    ...record,
    data: { ...record.data },
    createdAt: instant(record.createdAt),
    settledAt: instantOrNull(record.settledAt),
    nextAttemptAt: instantOrNull(record.nextAttemptAt),
    attempts: record.attempts.map((attempt) => ({
      ...attempt,
      at: instant(attempt.at),
      requestHeaders: { ...attempt.requestHeaders },
      responseHeaders: { ...attempt.responseHeaders },
    })),
  };
}
