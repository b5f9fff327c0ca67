import type { Render } from "./render.ts";
import { renderStandard, standardApi } from "./standard.ts";

/** Complete, named policies, each of which reproduces a documented API and can be extended. */
export const profiles = { standard: standardApi };

/** Who writes the answers of a policy, by the policy's `renderer`. */
export const RENDERERS: Readonly<Record<string, Render>> = { standard: renderStandard };
