import { parseArgs } from "node:util";
import type { Command } from "../command.ts";

/** Production: every secret comes from the environment, nothing is made up, the log is JSON. */
export const serve: Command = {
  name: "serve",
  usage: "latchkey serve",
  summary: "Run in production, with the settings of the environment.",

  async run(context) {
    parseArgs({ args: [...context.args], options: {} });
    const { readSettings } = await import("../../settings.ts");
    const { passingSecrets } = await import("../../dev-secrets.ts");
    const { runService } = await import("../run-service.ts");
    const settings = readSettings(context.env, { mode: "serve", devSecrets: passingSecrets });
    await runService(settings, context, () => []);
  },
};
