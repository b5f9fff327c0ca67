import type { DemoKey } from "../demo.ts";

export interface DevGreeting {
  readonly version: string;
  /** How the outside reaches it, without a trailing slash. */
  readonly publicUrl: string;
  readonly readyMilliseconds: number;
  /** The policy file, as the operator knows it; `undefined`: the built-in demo. */
  readonly policyFile: string | undefined;
  /** The SQLite file, or the kind of database, never its URL: that may hold a password. */
  readonly database: string;
  readonly operatorToken: ShownToken;
  /** Makes the first operator; `undefined`: there is one. */
  readonly setupLink: string | undefined;
  readonly demoKeys: readonly DemoKey[];
}

/** The token itself on the first start, afterwards the place where it can be looked up. */
export type ShownToken =
  | { readonly isNew: true; readonly token: string; readonly file: string }
  | { readonly isNew: false; readonly keptIn: string };

const SETUP_HINT = "                   (works once, for 24 hours: makes the first operator)";

/** What `latchkey dev` says once it answers requests. */
export function devGreeting(facts: DevGreeting): readonly string[] {
  const { version, publicUrl, readyMilliseconds, policyFile, database, demoKeys, setupLink } =
    facts;
  return [
    "",
    `Latchkey ${version} is running at ${publicUrl} (ready in ${Math.ceil(readyMilliseconds)} ms)`,
    "",
    `  Dashboard        ${publicUrl}/dashboard/`,
    ...(setupLink === undefined ? [] : [`  Set-up link      ${setupLink}`, SETUP_HINT]),
    ...tokenLines(facts.operatorToken),
    `  Policy           ${policyFile ?? "the built-in demo (write ./latchkey.config.ts for yours)"}`,
    `  Database         ${database}`,
    ...demoKeys.flatMap(({ api, header, path }) => [
      "",
      `Try the API "${api}":`,
      `  curl -i -H '${header}' ${publicUrl}/${api}${path}`,
    ]),
    "",
    "Stop it with Ctrl-C.",
  ];
}

function tokenLines(shown: ShownToken): readonly string[] {
  if (!shown.isNew) return [`  Operator token   ${shown.keptIn}`];
  return [
    `  Operator token   ${shown.token}`,
    `                   (shown this once; kept in ${shown.file})`,
  ];
}
