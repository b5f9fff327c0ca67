import { calcomApi } from "./calcom/calcom.ts";
import { renderCalcom } from "./calcom/render.ts";
import { withDeprecation } from "./deprecation.ts";
import type { Render } from "./render.ts";
import { type RenderText, textAfterLimit, textOf } from "./render-text.ts";
import { renderSavvycal, savvycalApi } from "./savvycal.ts";
import { renderSignedKeys, signedKeysApi } from "./signed-keys.ts";
import { renderStandard, standardApi } from "./standard.ts";

/** Complete, named policies, each of which reproduces a documented API and can be extended. */
export const profiles = {
  standard: standardApi,
  savvycal: savvycalApi,
  calcom: calcomApi,
  "signed-keys": signedKeysApi,
};

/** Who writes the answers of a policy, by the policy's `renderer`. */
export const RENDERERS: Readonly<Record<string, Render>> = {
  standard: withDeprecation(renderStandard),
  savvycal: withDeprecation(renderSavvycal),
  calcom: withDeprecation(renderCalcom),
  "signed-keys": withDeprecation(renderSignedKeys),
};

/** The same as text. */
export const TEXT_RENDERERS: Readonly<Record<string, RenderText>> = {
  standard: textAfterLimit(withDeprecation(renderStandard)),
  savvycal: textAfterLimit(withDeprecation(renderSavvycal)),
  calcom: textOf(withDeprecation(renderCalcom)),
  "signed-keys": textAfterLimit(withDeprecation(renderSignedKeys)),
};
