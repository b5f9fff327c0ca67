// What some tests need beyond npm. Where it is missing, those tests are skipped by name.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const NEEDED = [{ name: "PostgreSQL", probe: hasPostgres, package: "postgresql" }];

const APT = [
  "-q",
  "-y",
  "-o",
  "Dpkg::Options::=--force-confold",
  "-o",
  "DPkg::Lock::Timeout=120",
  "-o",
  "Acquire::http::Timeout=30",
];
const LONGEST_MILLISECONDS = 600_000;

/**
 * Installs what is missing when this is root on Debian; elsewhere, or when that fails, says what
 * will be skipped. Never asks anything, never fails the set-up.
 *
 * @param {(line: string) => void} say
 */
export function installSystemPackages(say) {
  const missing = NEEDED.filter((needed) => !needed.probe());
  if (missing.length === 0) return;
  const names = missing.map((needed) => needed.name).join(", ");
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get")) {
    say(`${names} not found: the tests that need it will be skipped`);
    return;
  }
  say(`installing ${names} for the tests ...`);
  const log = install(missing.map((needed) => needed.package));
  const still = missing.filter((needed) => !needed.probe());
  if (still.length === 0) return;
  const file = path.join(tmpdir(), `latchkey-setup-apt-${process.pid}.log`);
  writeFileSync(file, log, { flag: "wx", mode: 0o600 });
  say(`could not install ${names} (log: ${file}): the tests that need it will be skipped`);
}

/** @param {readonly string[]} packages */
function install(packages) {
  const runs = [apt("update")];
  if (runs[0]?.status !== 0) runs.push(apt("update"));
  runs.push(apt("install", "--no-install-recommends", ...packages));
  return runs.map((run) => `${run.stdout}${run.stderr}${run.error ?? ""}`).join("\n");
}

/** @param {readonly string[]} args */
function apt(...args) {
  return spawnSync("/usr/bin/apt-get", [...APT, ...args], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_MILLISECONDS,
    maxBuffer: 64 * 1024 * 1024,
  });
}

function hasPostgres() {
  const root = "/usr/lib/postgresql";
  return existsSync(root) && readdirSync(root).some((v) => existsSync(`${root}/${v}/bin/initdb`));
}
