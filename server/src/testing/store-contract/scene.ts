import { ApiError, type ApiErrorCode } from "@latchkey/engine";
import { expect } from "vitest";
import type { CommandInput, CommandName, CommandOutput } from "../../store/commands.ts";
import type { EventRecord } from "../../store/records.ts";
import type { Store, WriteContext } from "../../store/store.ts";
import { aContext, anAccount } from "../builders.ts";

/** One test's part of a store: an API of its own, so that tests share a database undisturbed. */
export interface Scene {
  readonly store: Store;
  readonly api: string;
  /** Runs a command in this API and answers its output. */
  write<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    context?: Partial<WriteContext>,
  ): Promise<CommandOutput<Name>>;
  /** The audit trail from old to new. */
  events(): Promise<readonly EventRecord[]>;
  /** The kinds of the events in the alphabet's order: those of one instant have no other. */
  eventTypes(): Promise<readonly string[]>;
}

let made = 0;

/** An API that nobody has written to. */
export function aScene(store: Store): Scene {
  made += 1;
  const api = `api-${made}`;
  const events = async () => {
    const { items } = await store.events.list(api, {}, { limit: 100, after: undefined });
    return [...items].sort((a, b) => a.at - b.at);
  };
  return {
    store,
    api,
    write: (name, input, context = {}) =>
      store.write(name, input, aContext({ api, ...context })).then((written) => written.output),
    events,
    eventTypes: async () => (await events()).map((event) => event.type).sort(),
  };
}

/** The same, with `acct_1` in it. */
export async function aSceneWithAccount(store: Store): Promise<Scene> {
  const scene = aScene(store);
  await scene.write("createAccount", anAccount());
  return scene;
}

/** Expects a rejection with this code and these details. */
export async function expectRefusal(
  attempt: Promise<unknown>,
  code: ApiErrorCode,
  details?: Readonly<Record<string, unknown>>,
): Promise<void> {
  const error: unknown = await attempt.then(
    () => "it was accepted",
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ code, ...(details && { details }) });
}
