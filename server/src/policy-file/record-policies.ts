import { type Clock, compilePolicy, type Policy } from "@latchkey/engine";
import { type Store, systemContext } from "../store/store.ts";

/** Writes down what every API is decided by from now on; a policy as it was changes nothing. */
export async function recordPolicies(
  policies: readonly Policy[],
  { store, clock }: { readonly store: Pick<Store, "write">; readonly clock: Clock },
): Promise<void> {
  for (const policy of policies) {
    const { digest } = compilePolicy(policy);
    const context = systemContext(policy.slug, clock());
    await store.write("recordPolicy", { digest, document: policy }, context);
  }
}
