import { parseArgs } from "node:util";
import { ApiError } from "@latchkey/engine";
import { expect, test } from "vitest";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { runCommandLine } from "./command-line.ts";

async function running(args: readonly string[], run: Command["run"] = async () => undefined) {
  const printed: string[] = [];
  const warned: string[] = [];
  const context: CommandContext = {
    args,
    env: {},
    version: "1.2.3",
    readInput: async () => "",
    print: (line) => printed.push(line),
    warn: (line) => warned.push(line),
    onStop: () => {},
  };
  const shut: Command = {
    name: "shut",
    usage: "latchkey shut DOOR",
    summary: "Shuts it.",
    details: ["", "Softly."],
    run,
  };
  const code = await runCommandLine([shut], context);
  return { code, printed: printed.join("\n"), warned: warned.join("\n") };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

test("runs the named command with what follows its name", async () => {
  const seen: unknown[] = [];
  const ended = await running(["shut", "front", "--now"], async ({ args }) => {
    seen.push(...args);
    return undefined;
  });
  expect(ended).toEqual({ code: 0, printed: "", warned: "" });
  expect(seen).toEqual(["front", "--now"]);
});

test("ends with the code that the command says", async () => {
  expect(await running(["shut"], async () => 7)).toEqual({ code: 7, printed: "", warned: "" });
});

test.each([["--version"], ["-v"]])("prints the version for %s", async (flag) => {
  expect(await running([flag])).toEqual({ code: 0, printed: "1.2.3", warned: "" });
});

test.each([["--help"], ["-h"], ["help"]])("lists every command for %s", async (flag) => {
  const { code, printed } = await running([flag]);
  expect(code).toBe(0);
  expect(printed).toMatch(/^ {2}latchkey shut DOOR +Shuts it\.$/m);
});

test("explains one command instead of running it", async () => {
  const ended = await running(["shut", "--help"], () => Promise.reject(new Error("ran")));
  const printed = "latchkey shut DOOR\n\nShuts it.\n\nSoftly.";
  expect(ended).toEqual({ code: 0, printed, warned: "" });
});

test("lists the commands on stderr when there is none, or none of that name", async () => {
  expect(await running([])).toMatchObject({ code: 2, printed: "" });
  const { code, warned } = await running(["shot"]);
  expect(code).toBe(2);
  expect(warned).toContain('latchkey: there is no command "shot"');
});

test.each([
  ["a wrong use", new UsageError("which door?"), 2, "which door?\nUsage: latchkey shut DOOR"],
  ["a wrong setting", named("SettingsError", "LATCHKEY_PORT is odd"), 1, "LATCHKEY_PORT is odd"],
  ["a wrong policy", named("PolicyError", "apis[0]: is odd"), 1, "apis[0]: is odd"],
  [
    "a database that only reads",
    new ApiError("STORE_UNAVAILABLE", "It could not commit.", { cause: new Error("read-only") }),
    1,
    "It could not commit: read-only",
  ],
  [
    "a port in use",
    Object.assign(new Error("in use"), { code: "EADDRINUSE" }),
    1,
    "in use; LATCHKEY_PORT names another port",
  ],
])("says %s in its message alone", async (_what, error, code, text) => {
  const ended = await running(["shut"], () => Promise.reject(error));
  expect(ended).toEqual({ code, printed: "", warned: `latchkey: ${text}` });
});

test("shows the stack of what nobody foresaw", async () => {
  const { code, warned } = await running(["shut"], () => Promise.reject(new TypeError("a bug")));
  expect(code).toBe(1);
  expect(warned).toMatch(/^latchkey: TypeError: a bug\n +at /);
});

test("repeats no argument that it did not expect: it may be a key", async () => {
  const ended = await running(["shut", "sEcReT"], async ({ args }) => {
    parseArgs({ args: [...args], options: {} });
    return undefined;
  });
  expect(ended).toEqual({
    code: 2,
    printed: "",
    warned:
      "latchkey: there is an argument that this command does not take\nUsage: latchkey shut DOOR",
  });
});
