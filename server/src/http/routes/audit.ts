import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { EventRecord } from "../../store/records.ts";
import { DEPLOYMENT, type Store } from "../../store/store.ts";
import { requireWholeReach } from "../access.ts";
import type { Cursors } from "../cursor.ts";
import { parseInstant } from "../instant.ts";
import {
  EventList,
  EventQuery,
  toEvent,
  toUsage,
  UsageList,
  UsageQuery,
} from "../schemas/audit.ts";
import { Ref } from "../schemas/base.ts";
import { readRefusals } from "../schemas/error.ts";
import { answerPage } from "../schemas/list.ts";
import { ApiParams } from "../schemas/params.ts";

/** `events` and `usage`: what was done and refused, and how much was allowed. */
export const auditRoutes =
  (parts: {
    store: Pick<Store, "events" | "usage">;
    cursors: Cursors;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { store, cursors } = parts;

    app.get("/v1/apis/:api/events", {
      config: { requires: "read", area: "usage" },
      schema: {
        tags: ["audit"],
        operationId: "listEvents",
        summary: "List management actions and refusals, newest first",
        params: ApiParams,
        querystring: EventQuery,
        response: { 200: Ref(EventList, "A page of events."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) => {
        const filter = { ...rangeOf(query), type: query.type, ceiling };
        return answerPage({
          cursors,
          name: { list: `${api}/events`, filter },
          query,
          read: (page) => store.events.list(api, filter, page),
          toWire: (event) => toEvent(ceiling === undefined ? event : withoutOperator(event)),
        });
      },
    });

    app.get("/v1/events", {
      config: { requires: "appoint" },
      schema: {
        tags: ["audit"],
        operationId: "listDeploymentEvents",
        summary: "List what operators did that is no one API's, newest first",
        querystring: EventQuery,
        response: { 200: Ref(EventList, "A page of events."), ...readRefusals() },
      },
      handler: (request) => {
        requireWholeReach(request);
        const { query } = request;
        const filter = { ...rangeOf(query), type: query.type };
        return answerPage({
          cursors,
          name: { list: "events", filter },
          query,
          read: (page) => store.events.list(DEPLOYMENT, filter, page),
          toWire: toEvent,
        });
      },
    });

    app.get("/v1/apis/:api/usage", {
      config: { requires: "read", area: "usage" },
      schema: {
        tags: ["audit"],
        operationId: "listUsage",
        summary: "List requests by credential, hour and outcome, newest first",
        params: ApiParams,
        querystring: UsageQuery,
        response: { 200: Ref(UsageList, "A page of usage."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) => {
        const filter = { ...rangeOf(query), lineageId: query.lineageId, ceiling };
        return answerPage({
          cursors,
          name: { list: `${api}/usage`, filter },
          query,
          read: (page) => store.usage.list(api, filter, page),
          toWire: toUsage,
        });
      },
    });
  };

/** Who of the operators did it, and from where, is nothing for customers. */
function withoutOperator(event: EventRecord): EventRecord {
  if (event.actor.kind !== "operator") return event;
  return { ...event, actor: { kind: "operator", id: null }, address: null };
}

function rangeOf(query: { accountId?: string; credentialId?: string; from?: string; to?: string }) {
  const { accountId, credentialId, from, to } = query;
  return {
    accountId,
    credentialId,
    from: from === undefined ? undefined : parseInstant(from, "from"),
    to: to === undefined ? undefined : parseInstant(to, "to"),
  };
}
