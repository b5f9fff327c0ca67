import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Ask, askOn } from "../answer.ts";
import { freePort } from "../free-port.ts";
import { waitUntil } from "../running-server.ts";

const EXAMPLES = path.join(import.meta.dirname, "../../examples/proxies");

/** What stands behind a proxy. */
export interface Behind {
  readonly latchkeyPort: number;
  /** Where Latchkey is asked instead. */
  readonly latchkeySocket?: string | undefined;
  readonly apiPort: number;
  /** The API's slug in Latchkey. */
  readonly api: string;
  readonly token: string;
}

/** A proxy of its own on loopback, with the example's configuration. */
export interface RunningProxy {
  readonly port: number;
  readonly ask: Ask;
  log(): string;
  stop(): Promise<void>;
}

interface Program {
  readonly command: string;
  /** Writes what the program needs into `folder`; its arguments and environment. */
  readonly prepare: (
    folder: string,
    behind: Behind & { readonly port: number },
  ) => { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  nginx: {
    command: "/usr/sbin/nginx",
    prepare(folder, behind) {
      writeFileSync(
        path.join(folder, "latchkey.conf"),
        example("nginx/latchkey.conf", behind, "unix:"),
      );
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
        .join("\n");
      // One process, so that its end is the end of all; as root it would change to a user who may
      // not write here.
      const user = process.getuid?.() === 0 ? "user root;" : "";
      writeFileSync(
        path.join(folder, "nginx.conf"),
        `${user} daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
events {}
http { access_log off; ${temporary} include ${folder}/latchkey.conf; }`,
      );
      return { args: ["-p", folder, "-e", "stderr", "-c", `${folder}/nginx.conf`], env: {} };
    },
  },

  caddy: {
    command: "/usr/bin/caddy",
    prepare(folder, behind) {
      const file = path.join(folder, "Caddyfile");
      const off = "{\n\tadmin off\n\tauto_https off\n}\n";
      writeFileSync(file, off + example("caddy/Caddyfile", behind, "unix/"));
      return {
        args: ["run", "--config", file, "--adapter", "caddyfile"],
        env: { LATCHKEY_TOKEN: behind.token, HOME: folder, XDG_DATA_HOME: folder },
      };
    },
  },

  haproxy: {
    command: "/usr/sbin/haproxy",
    prepare(folder, behind) {
      writeFileSync(path.join(folder, "haproxy.cfg"), example("haproxy/haproxy.cfg", behind, ""));
      return {
        args: ["-db", "-f", path.join(folder, "haproxy.cfg")],
        env: {
          LATCHKEY_TOKEN: behind.token,
          LATCHKEY_URL: `http://127.0.0.1:${behind.latchkeyPort}`,
          ...(behind.latchkeySocket && { LATCHKEY_SOCKET: behind.latchkeySocket }),
          LATCHKEY_API: behind.api,
          LATCHKEY_LUA: path.join(EXAMPLES, "haproxy/latchkey.lua"),
        },
      };
    },
  },
};

/** The proxies that there are examples for. */
export const PROXIES: readonly string[] = Object.keys(PROGRAMS);

const running = new Set<ChildProcess>();
// A test run that is cut short must not leave proxies behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Whether it is installed. In CI its absence is an error, so that nothing is skipped. */
export function hasProxy(name: string): boolean {
  const found = existsSync(programOf(name).command);
  if (!found && process.env.CI === "true") {
    throw new Error(`${name} is not installed; CI must test on it`);
  }
  return found;
}

/** Starts a proxy and waits until it listens. */
export async function startProxy(name: string, behind: Behind): Promise<RunningProxy> {
  const folder = mkdtempSync(path.join(tmpdir(), `latchkey-${name}-`));
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const { command, prepare } = programOf(name);
  const { args, env } = prepare(folder, { ...behind, port });
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
  }
  const { ask, close } = askOn(port);
  await waitUntil(`${name} listens: ${log}`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended:\n${log}`);
    return await ask({ path: "/" }).then(
      () => true,
      () => false,
    );
  });
  return {
    port,
    ask,
    log: () => log,
    async stop() {
      close();
      const exited = once(child, "exit");
      if (child.exitCode === null && child.kill("SIGKILL")) await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An example's configuration with what stands behind it here; `unix` comes before a socket's path. */
function example(file: string, behind: Behind & { readonly port: number }, unix: string): string {
  const { latchkeyPort, latchkeySocket } = behind;
  return [
    ["127.0.0.1:4000", latchkeySocket ? unix + latchkeySocket : `127.0.0.1:${latchkeyPort}`],
    ["127.0.0.1:3000", `127.0.0.1:${behind.apiPort}`],
    ["127.0.0.1:8080", `127.0.0.1:${behind.port}`],
    ["/apis/acme/", `/apis/${behind.api}/`],
    ["lkop_…", behind.token],
  ].reduce(
    (text, [from = "", to = ""]) => text.replaceAll(from, to),
    readFileSync(path.join(EXAMPLES, file), "utf8"),
  );
}

function programOf(name: string): Program {
  const program = PROGRAMS[name];
  if (program === undefined) throw new Error(`there is no example for ${name}`);
  return program;
}
