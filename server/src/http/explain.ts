import { type Clock, hideSecrets, invalidField, REASONS } from "@latchkey/engine";
import { askedApi } from "../explain/asked-api.ts";
import { CannotAsk } from "../explain/cannot-ask.ts";
import { commonMistakes } from "../explain/common-mistakes.ts";
import { parseCurl } from "../explain/curl-command.ts";
import { CurlError } from "../explain/curl-error.ts";
import type { CurlRequest } from "../explain/curl-request.ts";
import { describedRequest } from "../explain/described-request.ts";
import { sentCredentials, shownCredential } from "../explain/sent-credential.ts";
import type { Door } from "./app.ts";
import { explain, type VerifyParts } from "./described-decision.ts";
import { Ref } from "./schemas/base.ts";
import { readRefusals } from "./schemas/error.ts";
import { ExplainBody, Explanation } from "./schemas/explanation.ts";
import { ApiParams } from "./schemas/params.ts";
import { apiOf } from "./verify.ts";

/** `POST /v1/apis/{api}/explain`: why a pasted request is allowed or refused; spends no limit. */
export const explainDoor =
  (parts: VerifyParts & { readonly clock: Clock }): Door =>
  async (app) => {
    app.post("/v1/apis/:api/explain", {
      config: { requires: "manage" },
      schema: {
        tags: ["decisions"],
        operationId: "explain",
        summary: "Say why a request made with curl is allowed or refused, and what to change",
        params: ApiParams,
        body: ExplainBody,
        response: { 200: Ref(Explanation, "The explanation."), ...readRefusals(413, 415) },
      },
      handler: async (request) => {
        const api = apiOf(parts, request.params.api);
        const { curl, ip } = request.body;
        const { policy } = api.engine.policy;
        const place = { slug: api.slug, profile: policy.renderer, mount: "", hosts: policy.hosts };
        const asked = understand(() => parseCurl(curl));
        const found = understand(() => askedApi(asked, [place], api.slug));
        const { headers, ...rest } = describedRequest(asked, found, ip);
        const described = { ...rest, headers: mutable(headers) };
        const decision = await explain(api, described, request.id);
        const reason = decision.outcome === "deny" ? decision.reason : undefined;
        const now = parts.clock();
        return {
          // Typed by the engine; the schema names the same members.
          decision: decision as never,
          request: shownRequest(asked, found.target),
          ...whatToKnow(reason),
          mistakes: commonMistakes({
            ...{ request: asked, reason, hasAddress: ip !== undefined },
            ...{ serverNow: now, localNow: now },
          }).map(hideSecrets),
          warnings: asked.warnings.map(hideSecrets),
        };
      },
    });
  };

/** What cannot be understood of a command is the caller's mistake. */
function understand<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CurlError || error instanceof CannotAsk)) throw error;
    throw invalidField("curl", error.message);
  }
}

function mutable(headers: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, lines]) => [name, [...lines]]));
}

function shownRequest(asked: CurlRequest, target: string) {
  const [path = ""] = target.split("?", 1);
  return {
    method: asked.method,
    path: hideSecrets(path),
    credentials: sentCredentials(asked).map(shownCredential),
  };
}

function whatToKnow(reason: string | undefined) {
  const entry = Object.entries(REASONS).find(([name]) => name === reason)?.[1];
  return { meaning: entry?.meaning ?? null, remedy: entry?.remedy ?? null };
}
