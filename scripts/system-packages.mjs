// What some tests need beyond npm. Where it is missing, those tests are skipped by name.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * The languages come with the JWT library that the samples of the documented APIs name.
 *
 * @type {readonly {
 *   name: string,
 *   probe: () => boolean,
 *   packages: readonly (string | readonly string[])[],
 * }[]} of several names for one package, the first that this Debian has
 */
const NEEDED = [
  { name: "PostgreSQL", probe: hasPostgres, packages: ["postgresql"] },
  { name: "Redis", probe: () => existsSync("/usr/bin/redis-server"), packages: ["redis-server"] },
  { name: "Chromium", probe: () => existsSync("/usr/bin/chromium"), packages: ["chromium"] },
  ...["nginx", "haproxy"].map((name) => ({
    name,
    probe: () => existsSync(`/usr/sbin/${name}`),
    packages: [name],
  })),
  { name: "Caddy", probe: () => existsSync("/usr/bin/caddy"), packages: ["caddy"] },
  { name: "OpenSSL", probe: () => existsSync("/usr/bin/openssl"), packages: ["openssl"] },
  { name: "Ruby", probe: hasRuby, packages: ["ruby", "ruby-jwt"] },
  {
    name: "Go",
    probe: hasGo,
    packages: [
      "golang-go",
      ["golang-github-golang-jwt-jwt-v5-dev", "golang-github-golang-jwt-jwt-dev"],
    ],
  },
  { name: "Python", probe: hasPython, packages: ["python3", "python3-jwt"] },
];

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
  const names = namesOf(missing);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get")) {
    say(`${names} not found: the tests that need it will be skipped`);
    return;
  }
  say(`installing ${names} for the tests ...`);
  const log = install(missing);
  const still = namesOf(missing.filter((needed) => !needed.probe()));
  if (still === "") return;
  const file = path.join(tmpdir(), `latchkey-setup-apt-${process.pid}.log`);
  writeFileSync(file, log, { flag: "wx", mode: 0o600 });
  say(`could not install ${still} (log: ${file}): the tests that need it will be skipped`);
}

/** @param {typeof NEEDED} needed */
function namesOf(needed) {
  return needed.map(({ name }) => name).join(", ");
}

/** @param {typeof NEEDED} missing */
function install(missing) {
  const runs = [apt("update")];
  if (runs[0]?.status !== 0) runs.push(apt("update"));
  // One name that apt does not know would keep it from installing all the others.
  const packages = missing
    .flatMap((needed) => needed.packages.map((names) => [names].flat().find(isKnown)))
    .filter((name) => name !== undefined);
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

/** @param {string} name */
function isKnown(name) {
  return spawnSync("/usr/bin/apt-cache", ["show", name], { stdio: "ignore" }).status === 0;
}

function hasRuby() {
  const gems = "/usr/share/rubygems-integration/all/gems";
  return (
    existsSync("/usr/bin/ruby") &&
    existsSync(gems) &&
    readdirSync(gems).some((gem) => gem.startsWith("jwt-"))
  );
}

function hasGo() {
  const library = "/usr/share/gocode/src/github.com/golang-jwt/jwt";
  return existsSync("/usr/bin/go") && existsSync(library);
}

function hasPython() {
  return existsSync("/usr/bin/python3") && existsSync("/usr/lib/python3/dist-packages/jwt");
}
