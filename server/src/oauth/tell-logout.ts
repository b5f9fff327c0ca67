import type Provider from "oidc-provider";
import type { Client } from "oidc-provider";
import type { LogoutNotice } from "../store/logout-notices.ts";
import type { AdapterParts } from "./adapter.ts";

/** Members of the library's clients that its types do not name. */
interface ToldClient {
  backchannelLogout(sub: string, sid: string | undefined): Promise<void>;
}

/**
 * Tells a client of a sign-out, unless it is none any more or does not want to be told. Rejects when
 * it could not be reached, or did not take it.
 */
export type TellLogout = (notice: LogoutNotice) => Promise<void>;

/**
 * Has the library put what it would tell clients of a sign-out into the store, so that no user waits
 * for them and none is lost; the answer is for who tells them.
 */
export function tellLater(
  provider: Provider,
  { store, policy, calls }: Pick<AdapterParts, "store" | "policy" | "calls">,
): TellLogout {
  const prototype = provider.Client.prototype as Client & ToldClient;
  const { backchannelLogout: tell } = prototype;
  const queue: ToldClient & ThisType<Client> = {
    async backchannelLogout(userId, sid) {
      const notice = { clientId: this.clientId, userId, sid: sid ?? null };
      await store.write("queueLogoutNotice", notice, calls.writeContext(policy.slug));
    },
  };
  Object.assign(prototype, queue);

  return async ({ clientId, userId, sid }) => {
    const client = await provider.Client.find(clientId);
    if (client?.backchannelLogoutUri === undefined) return;
    await tell
      .call(client as Client & ToldClient, userId, sid ?? undefined)
      .catch((fault: unknown) => {
        throw withoutAddress(fault);
      });
  };
}

/** The library's own says to what address, which may hold what is only for the client to know. */
function withoutAddress(fault: unknown): unknown {
  const { response } = fault as { readonly response?: Response };
  return response === undefined ? fault : new Error(`the client answered ${response.status}`);
}
