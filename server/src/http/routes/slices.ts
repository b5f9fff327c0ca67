import type { Slices as Lending } from "../../changes/slices.ts";
import type { Door } from "../app.ts";
import { Ref } from "../schemas/base.ts";
import { readRefusals } from "../schemas/error.ts";
import { ApiParams } from "../schemas/params.ts";
import { Slices, SlicesBody, toSlice } from "../schemas/slice.ts";

/** `POST /v1/apis/{api}/slices`: counts for verifiers what waits there, and ahead what may come. */
export const slicesDoor =
  ({ slices }: { readonly slices: Lending }): Door =>
  async (app) => {
    app.addSchema(Slices);
    app.post("/v1/apis/:api/slices", {
      config: { requires: "enforce", quiet: true },
      schema: {
        tags: ["verifiers"],
        operationId: "lendSlices",
        summary: "Count for a verifier, and lend it a part of what is left",
        params: ApiParams,
        body: SlicesBody,
        response: {
          200: Ref(Slices, "In the order of the questions."),
          ...readRefusals(413, 415),
        },
      },
      handler: async ({ params: { api }, body }) => {
        const questions = body.slices.map(({ key, ...question }) => {
          return { ...question, key: Buffer.from(key, "base64url").toString() };
        });
        return { slices: (await slices.lend(api, questions)).map(toSlice) };
      },
    });
  };
