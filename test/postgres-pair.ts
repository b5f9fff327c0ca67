import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePort } from "./free-port.ts";
import { initPostgres, launchPostgres, postgresProgram } from "./running-postgres.ts";
import { waitUntil } from "./running-server.ts";

/** A primary, and a standby that has whatever the primary has acknowledged. */
export interface PostgresPair extends AsyncDisposable {
  readonly primary: string;
  readonly standby: string;
  /** Makes the standby a primary. The old one is told nothing: it runs on, alone. */
  failOver(): void;
  /** Fails over, and has the old primary come back as a standby of nobody, as it was then. */
  changeRoles(): Promise<void>;
  /** What a query answers at the old primary. */
  askOldPrimary(sql: string): string;
}

const USER = ["-U", "postgres", "-d", "postgres"];

/** Starts both, with synchronous replication from the first to the second. */
export async function startPostgresPair(): Promise<PostgresPair> {
  const { folder, options } = initPostgres();
  const [primaryPort, standbyPort] = [await freePort(), await freePort()];
  const data = { primary: path.join(folder, "data"), standby: path.join(folder, "standby") };
  const run = (program: string, words: readonly string[]) =>
    execFileSync(postgresProgram(program), words, { ...options, stdio: "pipe" })
      .toString()
      .trim();
  const at = (port: number) => ["-h", "127.0.0.1", "-p", String(port)];
  const ask = (sql: string) => run("psql", [...at(primaryPort), ...USER, "-Atc", sql]);

  let primary = await launchPostgres(data.primary, primaryPort, options);
  const copy = ["-D", data.standby, "-U", "postgres", "-R", "-c", "fast", "-N"];
  run("pg_basebackup", [...at(primaryPort), ...copy]);
  const standby = await launchPostgres(data.standby, standbyPort, options);
  ask("alter system set synchronous_standby_names = '*'");
  ask("select pg_reload_conf()");
  await waitUntil("the standby confirms what the primary commits", async () => {
    return ask("select sync_state from pg_stat_replication") === "sync";
  });

  const failOver = () => void run("pg_ctl", ["promote", "-D", data.standby, "-w"]);

  return {
    primary: addressOf(primaryPort),
    standby: addressOf(standbyPort),
    failOver,
    async changeRoles() {
      await primary.kill();
      failOver();
      run("psql", [
        ...at(standbyPort),
        ...USER,
        "-c",
        "alter system reset synchronous_standby_names",
      ]);
      run("psql", [...at(standbyPort), ...USER, "-c", "select pg_reload_conf()"]);
      writeFileSync(path.join(data.primary, "standby.signal"), "");
      primary = await launchPostgres(data.primary, primaryPort, options);
    },
    askOldPrimary: ask,
    async [Symbol.asyncDispose]() {
      await Promise.all([primary.kill(), standby.kill()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function addressOf(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}
