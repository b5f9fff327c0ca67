import { anonymous } from "./anonymous/anonymous.ts";
import { apiKey } from "./api-key/api-key.ts";
import type { Scheme } from "./scheme.ts";

/** Every scheme there is. A policy names those it uses; this order is that of their challenges. */
export const SCHEMES: readonly Scheme[] = [apiKey, anonymous];
