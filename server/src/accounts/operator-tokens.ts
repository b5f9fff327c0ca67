import { ApiError, type Clock, invalidField, newKey } from "@latchkey/engine";
import type {
  OperatorRole,
  OperatorTokenRecord,
  Page,
  PageKey,
  PageRequest,
} from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";

/** Operator tokens begin alike, so that a secret scanner can find a leaked one. */
const FORMAT = { live: "lkop_", test: "lkop_", form: "checksummed" } as const;

/** A new operator token, as asked for. */
export interface OperatorTokenDraft {
  readonly name: string;
  readonly role: OperatorRole;
  /** Slugs; `null` or absent: every API. */
  readonly apis?: readonly string[] | null;
}

/** A token just made; `token` is the only copy there will ever be. */
export interface IssuedOperatorToken extends OperatorTokenRecord {
  readonly token: string;
}

/** The APIs that whoever asks may see; `null`: every one. */
export type Reach = ReadonlySet<string> | null;

/**
 * The use cases of operator tokens. Who may see some APIs only neither makes, sees nor revokes a token
 * that reaches further.
 */
export interface OperatorTokens {
  issue(call: Call, draft: OperatorTokenDraft, reach: Reach): Promise<IssuedOperatorToken>;
  /** A page may hold fewer than its limit: tokens that reach further are left out. */
  list(page: PageRequest, reach: Reach): Promise<Page<OperatorTokenRecord>>;
  /** Refused everywhere from the moment this resolves. Repeating it answers the same `revokedAt`. */
  revoke(call: Call, id: string, reach: Reach): Promise<OperatorTokenRecord>;
}

/** Operator tokens of the deployment, kept in `store`; `apis` are the slugs that exist. */
export function createOperatorTokens(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly apis: ReadonlySet<string>;
}): OperatorTokens {
  const { store, clock, apis } = parts;

  return {
    async issue(call, draft, reach) {
      const wanted = draft.apis ?? null;
      for (const [i, slug] of (wanted ?? []).entries()) {
        if (apis.has(slug) && (reach === null || reach.has(slug))) continue;
        throw invalidField(`apis[${i}]`, `There is no API ${JSON.stringify(slug)}.`);
      }
      if (!within(wanted, reach)) {
        throw new ApiError(
          "FORBIDDEN",
          "Your token is limited to some APIs; name them in `apis`.",
          {
            details: { field: "apis" },
          },
        );
      }
      const { key, digest } = newKey(FORMAT, "live");
      const { name, role } = draft;
      const input = { id: newId("op"), name, role, apis: wanted, digest };
      const context = { ...call, at: clock() };
      const { output, once } = await store.write("createOperatorToken", input, context, key);
      return { ...output, token: once };
    },

    async list(page, reach) {
      const { items, next } = await store.operatorTokens.list(page);
      return { items: items.filter(({ apis: reached }) => within(reached, reach)), next };
    },

    async revoke(call, id, reach) {
      if (reach !== null && !(await reachable(store, id, reach))) throw unknownToken();
      const { output } = await store.write("revokeOperatorToken", { id }, { ...call, at: clock() });
      return output;
    },
  };
}

function within(wanted: readonly string[] | null, reach: Reach): boolean {
  return reach === null || (wanted?.every((slug) => reach.has(slug)) ?? false);
}

/** Looks through all of them, revoked ones too: there are few, and this is seldom asked. */
async function reachable(store: Store, id: string, reach: Reach): Promise<boolean> {
  let after: PageKey | undefined;
  do {
    const { items, next } = await store.operatorTokens.list({ limit: 200, after });
    const token = items.find((item) => item.id === id);
    if (token !== undefined) return within(token.apis, reach);
    after = next ?? undefined;
  } while (after !== undefined);
  return false;
}

function unknownToken(): ApiError {
  return new ApiError("NOT_FOUND", "There is no such operator token.");
}
