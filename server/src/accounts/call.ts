import type { WriteContext } from "../store/store.ts";

/** Who asks for a use case, from where, and what makes a repeat harmless; the clock adds when. */
export type Call = Omit<WriteContext, "at">;
