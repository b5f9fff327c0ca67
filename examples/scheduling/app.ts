import type { Verifier } from "@latchkey/sdk";
import { latchkey } from "@latchkey/sdk/fastify";
import Fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { addBookings } from "./bookings.ts";
import { addCollection } from "./collection.ts";
import { answer, fault } from "./envelope.ts";
import { createRecords } from "./records.ts";

const ORG = "/v2/organizations/:orgId";
const TEAM = `${ORG}/teams/:teamId`;

/** A collection of each family of endpoints that the profile tells apart: path → prefix of ids. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  "/v2/schedules": "sched",
  "/v2/calendars": "cal",
  "/v2/conferencing": "conf",
  "/v2/teams": "team",
  "/v2/teams/:teamId/memberships": "mem",
  "/v2/teams/:teamId/event-types": "tet",
  [`${ORG}/teams`]: "oteam",
  [`${ORG}/memberships`]: "omem",
  [`${ORG}/attributes`]: "attr",
  [`${ORG}/attributes/:attributeId/options`]: "opt",
  [`${ORG}/delegation-credentials`]: "dc",
  [`${ORG}/organizations`]: "org",
  [`${ORG}/roles`]: "role",
  [`${TEAM}/event-types`]: "otet",
  [`${TEAM}/roles`]: "trole",
  [`${TEAM}/workflows`]: "wf",
  [`${TEAM}/routing-forms/:formId/responses`]: "resp",
};

/** The scheduling API. Who may do what is the policy's business; here is what is done. */
export async function createApp(verifier: Verifier): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(latchkey, { verifier });
  app.addHook("onClose", () => verifier.close());
  app.setErrorHandler(({ statusCode = 500, message }: FastifyError, _request, reply) =>
    statusCode >= 500
      ? fault(reply, 500, "Something went wrong")
      : fault(reply, statusCode, message),
  );
  app.setNotFoundHandler((_request, reply) => fault(reply, 404, "Not found"));

  app.get("/v2/me", async ({ latchkey: { principal } }) =>
    answer({ accountId: principal.accountId, userId: principal.userId, plan: principal.plan }),
  );

  const eventTypes = createRecords("et");
  addCollection(app, "/v2/event-types", eventTypes);
  addBookings(app, { eventTypes, bookings: createRecords("bk") });
  for (const [path, prefix] of Object.entries(COLLECTIONS)) {
    addCollection(app, path, createRecords(prefix));
  }
  return app;
}
