import { spokenSeconds } from "./spoken-seconds.ts";

/** Later than this in seconds is the year 5138; earlier in milliseconds is March 1973. */
const SURELY_MILLISECONDS = 100_000_000_000;

/** Members of a JWT's claims that hold instants (RFC 7519 §4.1). */
const INSTANTS = ["exp", "nbf", "iat"] as const;

/**
 * What commonly goes wrong with a JWT that can be seen without its key. `now` is the server's time
 * in Unix milliseconds. Of the token, only instants are repeated.
 */
export function tokenMistakes(token: string, now: number): readonly string[] {
  const parts = token.split(".");
  if (parts.length !== 3) {
    return [`The token has ${parts.length} of a JWT's three parts: it was cut off or joined.`];
  }
  const found: string[] = [];
  if (/[+/=]/.test(token)) {
    found.push("The token is in base64; a JWT is in base64url, with - and _ and without =.");
  }
  const claims = readObject(parts[1] ?? "");
  if (claims === undefined) {
    return [...found, "The token's claims are no JSON object: it was cut off or encoded twice."];
  }
  const { alg } = readObject(parts[0] ?? "") ?? {};
  if (typeof alg === "string" && alg.toLowerCase() === "none") {
    found.push("The token is not signed (`alg` is `none`).");
  } else if (parts[2] === "") {
    found.push("The token has no signature: its third part is empty.");
  }
  return [...found, ...INSTANTS.flatMap((name) => instantMistake(name, claims[name], now))];
}

function instantMistake(
  name: (typeof INSTANTS)[number],
  value: unknown,
  now: number,
): readonly string[] {
  if (value === undefined) return [];
  if (typeof value !== "number") {
    return [`The token's \`${name}\` is no number; it is to be Unix time in seconds.`];
  }
  if (value >= SURELY_MILLISECONDS) {
    return [`The token's \`${name}\` is in milliseconds; divide it by 1000 and round down.`];
  }
  if (!Number.isInteger(value))
    return [`The token's \`${name}\` is no whole number; round it down.`];
  const ahead = value - Math.floor(now / 1000);
  if (name === "exp") {
    if (ahead > 0) return [];
    return [
      `The token's \`exp\` passed ${spokenSeconds(-ahead)} ago by the server's clock; if it was ` +
        "made just now, the clock that made it is slow.",
    ];
  }
  if (ahead <= 0) return [];
  return [
    `The token's \`${name}\` is ${spokenSeconds(ahead)} ahead of the server's clock: the clock ` +
      "that made it is fast.",
  ];
}

/** How far the token's `exp` is ahead, in seconds; `undefined` when it says none. */
export function secondsToExpiry(token: string, now: number): number | undefined {
  const exp = readObject(token.split(".")[1] ?? "")?.exp;
  return typeof exp === "number" ? Math.round(exp - now / 1000) : undefined;
}

function readObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}
