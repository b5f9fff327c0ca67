import type { Clock } from "@latchkey/engine";
import { Type } from "typebox";
import type { ReportUsage as Report } from "../../audit/reported-usage.ts";
import type { LeaseRenewals } from "../../changes/lease-renewals.ts";
import type { Store } from "../../store/store.ts";
import type { Door } from "../app.ts";
import { createCallOf } from "../call.ts";
import { createCursors } from "../cursor.ts";
import { createIdempotency } from "../idempotency.ts";
import { parseInstant } from "../instant.ts";
import { Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage, pageQuery } from "../schemas/list.ts";
import { ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import {
  Lease,
  RenewLease,
  ReportUsage,
  toLease,
  toVerifier,
  VERIFIER_COMPONENTS,
  VerifierList,
} from "../schemas/verifier.ts";

/** What the routes of verifiers work with. */
export interface VerifierRouteParts {
  readonly store: Pick<Store, "verifiers" | "changes">;
  readonly renewals: Pick<LeaseRenewals, "renew" | "tell">;
  readonly reportUsage: Report;
  readonly clock: Clock;
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
}

const tags = ["verifiers"];

/** `/v1/apis/{api}/verifiers`, `/leases` and `POST /usage`: who decides in memory, and how far it is. */
export const verifiersDoor =
  (parts: VerifierRouteParts): Door =>
  async (app) => {
    const { store, renewals, reportUsage, clock, masterKeys } = parts;
    const cursors = createCursors(masterKeys);
    const idempotencyOf = createIdempotency(masterKeys);
    // What is counted has no line on the audit trail that an address could stand in.
    const callOf = createCallOf({ idempotencyOf, addressOf: () => undefined });
    for (const component of VERIFIER_COMPONENTS) app.addSchema(component);

    app.get("/v1/apis/:api/verifiers", {
      config: { requires: "read" },
      schema: {
        tags,
        operationId: "listVerifiers",
        summary: "List the processes that decide in their own memory, newest first",
        params: ApiParams,
        querystring: Type.Object(pageQuery, { additionalProperties: false }),
        response: { 200: Ref(VerifierList, "A page of verifiers."), ...readRefusals() },
      },
      handler: async ({ params: { api }, query }) => {
        const at = { now: clock(), head: await store.changes.head(api) };
        return answerPage({
          cursors,
          name: { list: `${api}/verifiers` },
          query,
          read: (page) => store.verifiers.list(api, page),
          toWire: (verifier) => toVerifier(verifier, at),
        });
      },
    });

    app.post("/v1/apis/:api/leases", {
      config: { requires: "enforce", quiet: true },
      schema: {
        tags,
        operationId: "renewLease",
        summary: "Grant a verifier a lease, and hear how far it has come",
        params: ApiParams,
        body: RenewLease,
        response: { 200: Ref(Lease, "The lease."), ...writeRefusals(409) },
      },
      handler: async ({ params: { api }, body }) => {
        const { verifier: id, ends = false, tells = false, ...progress } = body;
        if (ends || !tells) return toLease(await renewals.renew(api, { id, ends, ...progress }));
        const told = await renewals.tell(api, { id, ...progress });
        return toLease({ head: body.appliedSeq, leaseSeconds: 0, ...told });
      },
    });

    app.post("/v1/apis/:api/usage", {
      config: { requires: "enforce", quiet: true },
      schema: {
        tags,
        operationId: "reportUsage",
        summary: "Add what a verifier counted",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: ReportUsage,
        response: { 204: Type.Null({ description: "It is written." }), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        const counts = request.body.counts.map(
          ({ hour, lastAllowedAt, windows = [], ...count }, i) => ({
            ...count,
            windows: windows.map((window, w) => ({
              ...window,
              resetAt: parseInstant(window.resetAt, `counts[${i}].windows[${w}].resetAt`),
            })),
            hour: parseInstant(hour, `counts[${i}].hour`),
            lastAllowedAt:
              lastAllowedAt === null
                ? null
                : parseInstant(lastAllowedAt, `counts[${i}].lastAllowedAt`),
          }),
        );
        await reportUsage(callOf(request), counts);
        return reply.code(204).send(null);
      },
    });
  };
