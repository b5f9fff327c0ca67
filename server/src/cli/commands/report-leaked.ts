import { parseArgs } from "node:util";
import { type Command, type CommandContext, UsageError } from "../command.ts";

const OPTIONS = {
  source: { type: "string" },
  api: { type: "string" },
  url: { type: "string" },
  token: { type: "string" },
} as const;

/** Reports a key that somebody else has. It comes by stdin: arguments are seen by everyone. */
export const reportLeaked: Command = {
  name: "report-leaked",
  usage: "latchkey report-leaked [--source TEXT] [--api SLUG] < KEY",
  summary: "End a key that has leaked, or tell its account, as the policy says.",
  details: [
    "",
    "The key comes by stdin.",
    "",
    "Options:",
    "  --source TEXT        who found it, or where; it is in the event",
    "  --api SLUG           whose key; needed when there are several APIs",
    "  --url URL            where Latchkey runs (LATCHKEY_PUBLIC_URL, http://localhost:4000)",
    "  --token TOKEN        of an admin or owner (LATCHKEY_OPERATOR_TOKEN, .latchkey/operator-token)",
    "",
    "Exit code: 0 done, 1 no such key, 2 could not ask.",
  ],

  async run(context) {
    const { values } = parseArgs({ args: [...context.args], options: OPTIONS });
    const key = (await context.readInput()).trim();
    // With a quote around it, it would be no key that is known, and whoever has it would keep it.
    if (!/^[\w-]+$/.test(key)) {
      throw new UsageError("give one key by stdin, as plain text: letters, digits, _ and - alone");
    }
    const { CannotAsk } = await import("../../explain/cannot-ask.ts");
    try {
      return await report({ ...values, key }, context);
    } catch (error) {
      if (!(error instanceof CannotAsk)) throw error;
      context.warn(`latchkey: ${error.message}`);
      return 2;
    }
  },
};

interface Values {
  readonly key: string;
  readonly source?: string | undefined;
  readonly api?: string | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

async function report({ key, source, ...values }: Values, context: CommandContext) {
  const [{ listApis }, { soleApi }, { askedServer }, { callServer }] = await Promise.all([
    import("../ask-decision.ts"),
    import("../../explain/asked-api.ts"),
    import("../asked-server.ts"),
    import("../server-call.ts"),
  ]);
  const server = askedServer(values, context);
  const api = soleApi(await listApis(server), values.api);
  const body = JSON.stringify({ key, ...(source !== undefined && { source }) });
  const path = `/v1/apis/${api}/api-keys/report-leaked`;
  const { status, credentialId, accountId } = await callServer(server, "POST", path, body);
  if (status === "unknown") {
    context.print(`No key of "${api}".`);
    return 1;
  }
  const became = status === "revoked" ? "is revoked" : "works on; its account is told";
  context.print(`${credentialId} of ${accountId} ${became}.`);
  return 0;
}
