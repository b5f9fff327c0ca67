import type { Command } from "../command.ts";
import { check } from "./check.ts";
import { dev } from "./dev.ts";
import { explain } from "./explain.ts";
import { listen } from "./listen.ts";
import { reportLeaked } from "./report-leaked.ts";
import { serve } from "./serve.ts";

/** In the order of `latchkey --help`. */
export const COMMANDS: readonly Command[] = [dev, serve, check, explain, listen, reportLeaked];
