import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "./pinned-process.ts";

/** One request, sent again and again. */
export interface Shot {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** A request for each connection, each of which takes its refresh token from the answer before. */
export interface Chains extends Omit<Shot, "body"> {
  /** As they are to be sent next: `fire` moves them on. */
  chains: readonly string[];
}

/** What came back. */
export interface Volley {
  readonly answers: number;
  readonly seconds: number;
}

/** Keep-alive connections, each with one request under way. */
export const CONNECTIONS = 64;

const HAS_WRK = spawnSync("wrk", ["--version"]).error === undefined;

/**
 * Sends requests over 64 connections of loopback for so many seconds, from the core of clients.
 *
 * @throws {Error} when an answer was not 200 or a connection failed.
 */
export function fire(shot: Shot | Chains, seconds: number): Volley {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  try {
    const text =
      HAS_WRK && !("chains" in shot)
        ? run("client", wrk(shot, seconds, folder))
        : run("client", ownClient(shot, seconds, folder));
    const [answers = 0, micros = 0, faults = 1] = (/RESULT (\d+) (\d+) (\d+)/.exec(text) ?? [])
      .slice(1)
      .map(Number);
    if (faults > 0 || answers === 0) throw new Error(`${shot.url}: ${faults} faults\n${text}`);
    if ("chains" in shot) shot.chains = JSON.parse(/CHAINS (.+)/.exec(text)?.[1] ?? "[]");
    return { answers, seconds: micros / 1e6 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Command = readonly [string, ...string[]];

function wrk({ url, method, headers, body }: Shot, seconds: number, folder: string): Command {
  const script = path.join(folder, "request.lua");
  const lines = [
    `wrk.method = ${lua(method)}`,
    ...Object.entries(headers).map(
      ([name, value]) => `wrk.headers[ ${lua(name)} ] = ${lua(value)}`,
    ),
    ...(body === null ? [] : [`wrk.body = ${lua(body)}`]),
    "done = function(summary)",
    "  local e = summary.errors",
    "  local faults = e.connect + e.read + e.write + e.status + e.timeout",
    '  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration, faults))',
    "end",
  ];
  writeFileSync(script, lines.join("\n"));
  return ["wrk", "-t1", "--timeout", "10s", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", script, url];
}

/** A long bracket needs no escapes. */
function lua(text: string): string {
  return `[==[${text}]==]`;
}

function ownClient(shot: Shot | Chains, seconds: number, folder: string): Command {
  const file = path.join(folder, "request.json");
  writeFileSync(file, JSON.stringify({ ...shot, seconds, connections: CONNECTIONS }));
  return [process.execPath, path.join(import.meta.dirname, "client.mjs"), file];
}
