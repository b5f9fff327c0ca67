import type { Clock } from "@latchkey/engine";
import type { Store } from "../store/store.ts";
import { deedOf, placeOf } from "./deed.ts";
import type { People } from "./people.ts";

/** The people that `store` knows. */
export function createPeople({ store, clock }: { store: Store; clock: Clock }): People {
  return {
    async find(person) {
      const found = await store.people.find(placeOf(person.api), person.id);
      if (found === undefined) return undefined;
      const { name, email, role, apis, signedOutAt } = found;
      return { person, name, email, role, apis, signedOutAt };
    },
    async noteSignIn(person, methods, whence) {
      const input = { personId: person.id, outcome: "succeeded", methods } as const;
      await store.write("noteSignIn", input, deedOf(person, whence, clock()));
    },
  };
}
