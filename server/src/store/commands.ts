import { accountCommands } from "./accounts.ts";
import { apiKeyRotationCommands } from "./api-key-rotation.ts";
import { apiKeyCommands } from "./api-keys.ts";
import { idempotencyCommands } from "./idempotency.ts";
import { operatorTokenCommands } from "./operator-tokens.ts";
import { policyCommands } from "./policies.ts";
import { usageCommands } from "./usage.ts";
import { userCommands } from "./users.ts";

/** Every command by the name under which `Store.write` runs it. */
export const commands = {
  ...accountCommands,
  ...userCommands,
  ...apiKeyCommands,
  ...apiKeyRotationCommands,
  ...operatorTokenCommands,
  ...policyCommands,
  ...usageCommands,
  ...idempotencyCommands,
} as const;

/** The name of a command. */
export type CommandName = keyof typeof commands;

/** What the command of this name takes. */
export type CommandInput<Name extends CommandName> = Parameters<(typeof commands)[Name]>[1];

/** What the command of this name answers. */
export type CommandOutput<Name extends CommandName> = Awaited<ReturnType<(typeof commands)[Name]>>;
