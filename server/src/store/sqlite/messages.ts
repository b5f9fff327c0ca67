import type { Fault } from "../faults.ts";
import type { CommandRequest, CommandResult } from "../run-command.ts";
import type { OpenedFiles } from "./same-files.ts";

/** What the writing thread is given. */
export interface WriterData {
  readonly path: string;
  readonly files: OpenedFiles;
}

/** To the writing thread. `ping` asks whether a write could begin or, after one failed, be committed. */
export type Question =
  | { readonly kind: "run"; readonly id: number; readonly request: CommandRequest }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "close" };

/** From the writing thread; one message has the answers of one commit, in order. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly result: CommandResult | undefined }
  | { readonly id: number; readonly ok: false; readonly fault: Fault };
