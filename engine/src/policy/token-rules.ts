import type { SignatureRule, TokenRule } from "../domain/token-rules.ts";
import {
  type Place,
  readFlag,
  readInteger,
  readObject,
  readTexts,
  type TextForm,
  within,
} from "./shape.ts";

const LONGEST_LIFETIME = 31_536_000;
const LONGEST_SKEW = 300;

/** RFC 7519 §4.1.3: any text, URIs included. */
const AUDIENCE: TextForm = {
  pattern: /^[^\p{Cc}]{1,255}$/u,
  expected: "an audience, of at most 255 characters",
};

/** What JWTs must keep to where nothing else is said. */
export const DEFAULT_TOKENS: TokenRule = {
  maxLifetimeSeconds: 86_400,
  skewSeconds: 30,
  audience: [],
};

/** What signatures must keep to where nothing else is said. */
export const DEFAULT_SIGNATURES: SignatureRule = {
  maxLifetimeSeconds: 60,
  skewSeconds: 5,
  oneTime: false,
};

/** Reads what one definition says of JWTs. */
export function readTokens(value: unknown, place: Place): Partial<TokenRule> {
  const object = readObject(value, place, Object.keys(DEFAULT_TOKENS));
  const { audience } = object;
  return {
    ...readTimes(object, place),
    ...(audience !== undefined && {
      audience: readTexts(audience, within(place, "audience"), AUDIENCE, 20),
    }),
  };
}

/** Reads what one definition says of signatures. */
export function readSignatures(value: unknown, place: Place): Partial<SignatureRule> {
  const object = readObject(value, place, Object.keys(DEFAULT_SIGNATURES));
  const { oneTime } = object;
  return {
    ...readTimes(object, place),
    ...(oneTime !== undefined && { oneTime: readFlag(oneTime, within(place, "oneTime")) }),
  };
}

function readTimes(object: Readonly<Record<string, unknown>>, place: Place) {
  const { maxLifetimeSeconds: life, skewSeconds: skew } = object;
  const lifeAt = within(place, "maxLifetimeSeconds");
  return {
    ...(life !== undefined && {
      maxLifetimeSeconds: readInteger(life, lifeAt, 1, LONGEST_LIFETIME),
    }),
    ...(skew !== undefined && {
      skewSeconds: readInteger(skew, within(place, "skewSeconds"), 0, LONGEST_SKEW),
    }),
  };
}
