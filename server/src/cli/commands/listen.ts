import { parseArgs } from "node:util";
import { type Command, type CommandContext, UsageError } from "../command.ts";

const OPTIONS = {
  forward: { type: "string" },
  api: { type: "string" },
  events: { type: "string" },
  url: { type: "string" },
  token: { type: "string" },
} as const;

/** Brings webhooks to a program on this machine, for as long as it runs. */
export const listen: Command = {
  name: "listen",
  usage: "latchkey listen --forward URL [--api SLUG] [--events TYPE,…]",
  summary: "Bring webhooks to a program on this machine while you write it.",
  details: [
    "",
    "Options:",
    "  --forward URL        your program, such as http://localhost:3000/hook",
    "  --api SLUG           whose webhooks; needed when there are several APIs",
    "  --events TYPE,…      types, prefix.* or * (the default)",
    "  --url URL            where Latchkey runs (LATCHKEY_PUBLIC_URL, http://localhost:4000)",
    "  --token TOKEN        of an admin or owner (LATCHKEY_OPERATOR_TOKEN, .latchkey/operator-token)",
    "",
    "Latchkey has to run on this machine and may reach its loopback addresses, as latchkey dev may.",
    "The endpoint that this makes is revoked when it ends.",
  ],

  async run(context) {
    const { values } = parseArgs({ args: [...context.args], options: OPTIONS });
    const { forward } = values;
    if (forward === undefined || !isTarget(forward)) {
      throw new UsageError(
        "--forward takes a whole URL without a user, such as http://localhost:3000/hook",
      );
    }
    const { CannotAsk } = await import("../../explain/cannot-ask.ts");
    try {
      await bringWebhooks({ ...values, forward }, context);
      return 0;
    } catch (error) {
      if (!(error instanceof CannotAsk)) throw error;
      context.warn(`latchkey: ${error.message}`);
      return 2;
    }
  },
};

/** `fetch` sends nothing to a URL with a user or a password in it. */
function isTarget(text: string): boolean {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  return url?.username === "" && url.password === "";
}

interface Values {
  readonly forward: string;
  readonly api?: string | undefined;
  readonly events?: string | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

async function bringWebhooks(values: Values, context: CommandContext): Promise<void> {
  const [
    { listApis },
    { CannotAsk },
    { soleApi },
    { askedServer },
    { callServer },
    { startRelay },
  ] = await Promise.all([
    import("../ask-decision.ts"),
    import("../../explain/cannot-ask.ts"),
    import("../../explain/asked-api.ts"),
    import("../asked-server.ts"),
    import("../server-call.ts"),
    import("../webhook-relay.ts"),
  ]);
  // Before anything is made: what is made has to be taken away again.
  const stopped = new Promise<void>((resolve) => context.onStop(resolve));
  const server = askedServer(values, context);
  const api = soleApi(await listApis(server), values.api);
  const relay = await startRelay(values.forward, ({ type, id, status }) =>
    context.print(`${status ?? "no answer"}  ${type}  ${id}`),
  );
  const endpoints = `/v1/apis/${api}/webhook-endpoints`;
  const events = (values.events ?? "*").split(",").map((type) => type.trim());
  const draft = { url: relay.url, events, description: "latchkey listen" };
  try {
    const { id, secret } = await callServer(server, "POST", endpoints, JSON.stringify(draft));
    context.print(`Webhooks of "${api}" go to ${values.forward}; Ctrl-C ends it.`);
    context.print(`Their secret: ${secret}`);
    await stopped;
    await callServer(server, "POST", `${endpoints}/${id}/revoke`).catch((error: unknown) => {
      if (!(error instanceof CannotAsk)) throw error;
      throw new CannotAsk(
        `${error.message}\nThe webhook endpoint ${id} may be left behind: revoke it, in the dashboard say.`,
      );
    });
  } finally {
    await relay.close();
  }
}
