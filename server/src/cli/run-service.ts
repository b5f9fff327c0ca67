import { flushCompileCache } from "node:module";
import type { Latchkey } from "../latchkey.ts";
import { type Settings, settingWarnings } from "../settings.ts";
import type { CommandContext } from "./command.ts";

/**
 * Starts the service, prints what `greet` says, and resolves when it was asked to stop and has
 * stopped: nothing accepted any more, what was under way finished, usage flushed.
 */
export async function runService(
  settings: Settings,
  { env, version, warn, print, onStop }: CommandContext,
  greet: (latchkey: Latchkey) => readonly string[],
): Promise<void> {
  // Before the start: a signal that comes meanwhile must not leave a half-started process behind.
  const stopped = new Promise<void>((resolve) => onStop(resolve));
  for (const warning of settingWarnings(env, settings)) warn(`warning: ${warning}`);
  const { startLatchkey } = await import("../latchkey.ts");
  const latchkey = await startLatchkey(settings, { version });
  for (const line of greet(latchkey)) print(line);
  // A process that is killed writes no cache; the next start should find one all the same.
  flushCompileCache();
  await stopped;
  await latchkey.close();
}
