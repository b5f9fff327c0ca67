import { parseArgs } from "node:util";
import type { Command } from "../command.ts";

/** Reads settings and policy as a start would, and touches nothing: no database, no secret made. */
export const check: Command = {
  name: "check",
  usage: "latchkey check [--serve]",
  summary: "Check settings and policy; with --serve, as production asks for them.",

  async run({ args, env, print, warn }) {
    const { values } = parseArgs({ args: [...args], options: { serve: { type: "boolean" } } });
    const [
      { readSettings, settingWarnings },
      { passingSecrets },
      { loadPolicies },
      hidden,
      summary,
    ] = await Promise.all([
      import("../../settings.ts"),
      import("../../dev-secrets.ts"),
      import("../../policy-file/load-policies.ts"),
      import("../../policy-file/hidden-dashboard.ts"),
      import("../policy-summary.ts"),
    ]);
    const mode = values.serve === true ? "serve" : "dev";
    const settings = readSettings(env, { mode, devSecrets: passingSecrets });
    const { file, policies } = await loadPolicies(settings.policyFile);
    for (const warning of settingWarnings(env, settings)) warn(`warning: ${warning}`);
    const isHidden = hidden.hiddenDashboard(policies, settings.publicUrl);
    if (isHidden !== undefined) warn(`warning: ${isHidden}`);
    for (const policy of policies) print([...summary.policySummary(policy), ""].join("\n"));
    print(`Settings for \`latchkey ${mode}\` and ${file ?? "the built-in demo"}: in order.`);
  },
};
