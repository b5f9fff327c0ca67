import { ApiError } from "@latchkey/engine";
import { Type } from "typebox";
import type { ChangeStreams } from "../../changes/change-streams.ts";
import { operatorOf } from "../access.ts";
import type { Door } from "../app.ts";
import type { Operators } from "../operators.ts";
import { readRefusals } from "../schemas/error.ts";
import { ApiParams } from "../schemas/params.ts";
import { ChangesQuery } from "../schemas/verifier.ts";

const HEADERS = {
  "content-type": "application/x-ndjson",
  "cache-control": "no-store",
  // nginx would keep changes back until it has a buffer full of them.
  "x-accel-buffering": "no",
};

/** `GET /v1/apis/{api}/changes`: an answer without an end, one line of JSON for each change. */
export const changesDoor =
  (parts: {
    readonly streams: ChangeStreams;
    readonly operators: Pick<Operators, "isLive">;
  }): Door =>
  async (app) => {
    const { streams, operators } = parts;
    app.addHook("preClose", () => streams.close());

    app.get("/v1/apis/:api/changes", {
      // Nothing of a stream would be sent, so that nobody could tell that its reader has gone.
      exposeHeadRoute: false,
      config: { requires: "enforce", quiet: true },
      schema: {
        tags: ["verifiers"],
        operationId: "followChanges",
        summary: "Follow what changes, for as long as the connection lasts",
        params: ApiParams,
        querystring: ChangesQuery,
        response: {
          200: Type.String({ description: "A line of JSON for each change, as it happens." }),
          ...readRefusals(),
        },
      },
      handler: async (request, reply) => {
        const { api } = request.params;
        const { after: seq, mark } = request.query;
        const after = seq === undefined || mark === undefined ? undefined : { seq, mark };
        const operator = operatorOf(request);
        const stream = await streams.open({ api, after, operatorId: operator.id });
        // From here on a stream ends with its token. That may have ended meanwhile, and of the end of
        // a browser's session nobody would tell.
        if (!operators.isLive(operator)) {
          throw new ApiError("UNAUTHORIZED", "Changes are for who has a live operator token.");
        }
        reply.hijack();
        const { raw } = reply;
        if (raw.destroyed) return;
        raw.writeHead(200, { ...HEADERS, "x-request-id": request.id });
        const end = stream.start({
          // What will never leave is no fault: the stream has ended then.
          write: (text) => new Promise((resolve) => raw.write(text, () => resolve())),
          get waiting() {
            return raw.writableLength;
          },
          // Not in good order: whoever waits for the rest must not take this for all there is.
          end: () => void raw.destroy(),
        });
        raw.once("close", end);
        raw.on("error", end);
      },
    });
  };
