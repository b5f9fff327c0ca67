import { parseArgs } from "node:util";
import type { Command } from "../command.ts";

/** Everything on this machine: SQLite, secrets made on the first start, demo keys, echo. */
export const dev: Command = {
  name: "dev",
  usage: "latchkey dev",
  summary: "Run here to try things out: makes its own secrets and demo keys.",

  async run(context) {
    parseArgs({ args: [...context.args], options: {} });
    const { readSettings } = await import("../../settings.ts");
    const { secretsKeptIn } = await import("../../dev-secrets.ts");
    const { devGreeting } = await import("../dev-greeting.ts");
    const { runService } = await import("../run-service.ts");
    const kept = secretsKeptIn(".latchkey");
    const settings = readSettings(context.env, { mode: "dev", devSecrets: kept });
    const token = kept.newOperatorToken();
    await runService(settings, context, (latchkey) =>
      devGreeting({
        version: context.version,
        // With port 0 only the address says which one it is.
        publicUrl: settings.port === 0 ? latchkey.address : settings.publicUrl,
        readyMilliseconds: performance.now(),
        policyFile: latchkey.policyFile,
        database: settings.database.kind === "sqlite" ? settings.database.path : "PostgreSQL",
        operatorToken:
          token === undefined
            ? { isNew: false, keptIn: tokenPlace(context.env, kept.operatorTokenFile) }
            : { isNew: true, token, file: kept.operatorTokenFile },
        demoKeys: latchkey.demoKeys,
        setupLink: latchkey.setupLink,
      }),
    );
  },
};

function tokenPlace(env: Readonly<Record<string, string | undefined>>, file: string): string {
  return env.LATCHKEY_OPERATOR_TOKEN?.trim()
    ? "that of LATCHKEY_OPERATOR_TOKEN"
    : `kept in ${file}`;
}
