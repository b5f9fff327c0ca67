import { ApiError, type Clock, type CompiledPolicy } from "@latchkey/engine";
import type { IssuerKeyRecord } from "../store/issuer-keys.ts";
import type { Sealing } from "../store/sealing.ts";
import type { Store, WriteContext } from "../store/store.ts";
import { ensureKeys, makeSuccessors } from "./issuer-keys.ts";

/** Clients keep a set of keys for a while; one that they have not seen is no key to them. */
const PUBLISHED_SECONDS = 3600;
/** ID tokens live so long, in seconds. */
const ID_TOKEN_SECONDS = 3600;
/** By how much a client's clock may differ. */
const DIFFERENCE_SECONDS = 300;

/** The use cases of the keys with which an API's authorization server signs. */
export interface IssuerKeys {
  /** From old to new; none of an API before its authorization server was first used. */
  list(api: string): Promise<readonly IssuerKeyRecord[]>;
  /**
   * Has the published successors sign from now on, and publishes new ones; answers all keys.
   * @throws {ApiError} `NOT_FOUND`: the API has no authorization server; `CONFLICT`: the successors
   * have been published for less than an hour, and `force` is not set.
   */
  rotate(
    call: Omit<WriteContext, "at">,
    options: { readonly force: boolean },
  ): Promise<readonly IssuerKeyRecord[]>;
}

/** Issuer keys of all APIs, kept sealed in `store`. */
export function createIssuerKeys(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly sealing: Sealing;
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
}): IssuerKeys {
  const { store, clock, sealing, policies } = parts;

  function ruleOf(api: string) {
    const rule = policies.get(api)?.policy.oauth;
    if (rule != null) return rule;
    throw new ApiError("NOT_FOUND", "The API has no authorization server.");
  }

  return {
    async list(api) {
      ruleOf(api);
      return store.issuerKeys.list(api);
    },

    async rotate(call, { force }) {
      const { accessTokenSeconds } = ruleOf(call.api);
      const context = { ...call, at: clock() };
      // Their making is nobody's idempotent answer.
      await ensureKeys({ store, sealing, context: { ...context, idempotency: undefined } });
      const successors = await makeSuccessors({ store, sealing, context });
      const lives = Math.max(accessTokenSeconds, ID_TOKEN_SECONDS) + DIFFERENCE_SECONDS;
      const input = {
        successors,
        publishedMillis: force ? 0 : PUBLISHED_SECONDS * 1000,
        retiredMillis: lives * 1000,
      };
      await store.write("rotateIssuerKeys", input, context);
      return store.issuerKeys.list(call.api);
    },
  };
}
