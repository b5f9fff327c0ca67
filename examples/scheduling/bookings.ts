import type { FastifyInstance } from "fastify";
import { ownerOf } from "./collection.ts";
import { answer, fault, missing } from "./envelope.ts";
import type { Records } from "./records.ts";

interface Draft {
  readonly eventTypeId: string;
  readonly start: string;
  readonly attendee: { readonly name: string; readonly email: string };
}

const draft = {
  type: "object",
  required: ["eventTypeId", "start", "attendee"],
  additionalProperties: false,
  properties: {
    eventTypeId: { type: "string", maxLength: 64 },
    start: { type: "string", format: "date-time", maxLength: 64 },
    attendee: {
      type: "object",
      required: ["name", "email"],
      additionalProperties: false,
      properties: {
        name: { type: "string", minLength: 1, maxLength: 200 },
        email: { type: "string", format: "email", maxLength: 254 },
      },
    },
  },
};

const slotsOf = {
  type: "object",
  required: ["eventTypeId", "date"],
  properties: {
    eventTypeId: { type: "string", maxLength: 64 },
    date: { type: "string", format: "date" },
  },
};

const FIRST_HOUR = 9;
const LAST_HOUR = 16;
/** Whoever comes stays for an hour. */
const HOUR_MILLIS = 3_600_000;

/**
 * Bookings and free slots. Whoever has a link may see slots and book, with or without a credential;
 * the policy says so (`anonymous`). Reading and cancelling is for the account that is booked.
 */
export function addBookings(
  app: FastifyInstance,
  { bookings, eventTypes }: { readonly bookings: Records; readonly eventTypes: Records },
): void {
  const isTaken = (owner: string, start: string): boolean =>
    bookings.list(owner).some((each) => each.status === "accepted" && overlap(each.start, start));

  app.post<{ Body: Draft }>("/v2/bookings", { schema: { body: draft } }, async (request, reply) => {
    const time = Date.parse(request.body.start);
    // RFC 3339 has leap seconds, which `Date` has not.
    if (Number.isNaN(time)) return fault(reply, 400, "body/start must be a time");
    const start = new Date(time).toISOString();
    const owner = eventTypes.ownerOf(request.body.eventTypeId);
    if (owner === undefined) return missing(reply);
    if (isTaken(owner, start)) return fault(reply, 409, "That time is taken");
    const booked = bookings.add(owner, { ...request.body, start, status: "accepted" });
    return reply.code(201).send(answer(booked));
  });

  app.get("/v2/bookings", async (request) => answer(bookings.list(ownerOf(request))));

  app.get<{ Params: { id: string } }>("/v2/bookings/:id", async (request, reply) => {
    const booking = bookings.find(ownerOf(request), request.params.id);
    return booking === undefined ? missing(reply) : answer(booking);
  });

  app.post<{ Params: { id: string } }>("/v2/bookings/:id/cancel", async (request, reply) => {
    const changes = { status: "cancelled" };
    const booking = bookings.change(ownerOf(request), request.params.id, changes);
    return booking === undefined ? missing(reply) : answer(booking);
  });

  app.get<{ Querystring: { eventTypeId: string; date: string } }>(
    "/v2/slots",
    { schema: { querystring: slotsOf } },
    async (request, reply) => {
      const { eventTypeId, date } = request.query;
      const owner = eventTypes.ownerOf(eventTypeId);
      if (owner === undefined) return missing(reply);
      const starts = [];
      for (let hour = FIRST_HOUR; hour <= LAST_HOUR; hour += 1) {
        starts.push(`${date}T${String(hour).padStart(2, "0")}:00:00.000Z`);
      }
      return answer(starts.filter((start) => !isTaken(owner, start)));
    },
  );
}

/** Whether whoever comes at one time is there when the other comes. */
function overlap(one: unknown, other: string): boolean {
  return Math.abs(Date.parse(String(one)) - Date.parse(other)) < HOUR_MILLIS;
}
