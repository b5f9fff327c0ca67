import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GO_CACHE = path.join(ROOT, "node_modules", ".cache", "go");

/** Where Debian puts the library, newest first; the samples name it `golang-jwt/jwt/v5`. */
const GO_LIBRARY = "src/github.com/golang-jwt/jwt";
const GO_LIBRARIES = ["v5", "v4", ""].map((version) =>
  path.join("/usr/share/gocode", GO_LIBRARY, version),
);

/** A language that samples are written in, with the JWT library that they name. */
export interface Language {
  readonly name: string;
  /** Not on this machine: the tests are skipped by name. */
  readonly absent: boolean;
  /** The program, and what stands before the sample's file. */
  readonly command: readonly [string, ...string[]];
  /** What it takes to find the library, for a sample in `folder`; may put files there. */
  environment(folder: string): Readonly<Record<string, string>>;
}

const JAVASCRIPT: Language = {
  name: "JavaScript",
  absent: false,
  command: [process.execPath],
  environment: () => ({ NODE_PATH: path.join(ROOT, "node_modules") }),
};

/** By the ending of a sample's file. In CI a missing one is an error, so that nothing is skipped. */
export const LANGUAGES: Readonly<Record<string, Language>> = {
  ".cjs": JAVASCRIPT,
  ".mjs": JAVASCRIPT,
  ".rb": {
    name: "Ruby",
    absent: isAbsent("Ruby", runs("/usr/bin/ruby", "-rjwt", "-e", "")),
    command: ["/usr/bin/ruby"],
    environment: () => ({}),
  },
  ".go": {
    name: "Go",
    absent: isAbsent("Go", existsSync("/usr/bin/go") && goLibrary() !== undefined),
    command: ["/usr/bin/go", "run"],
    environment: goEnvironment,
  },
  ".py": {
    name: "Python",
    absent: isAbsent("Python", runs("/usr/bin/python3", "-c", "import jwt; jwt.encode")),
    command: ["/usr/bin/python3"],
    environment: () => ({ PYTHONDONTWRITEBYTECODE: "1" }),
  },
};

function isAbsent(name: string, isHere: boolean): boolean {
  if (!isHere && process.env.CI === "true") {
    throw new Error(`${name} or its JWT library is not installed; CI must run its samples`);
  }
  return !isHere;
}

function runs(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { env: {}, stdio: "ignore", timeout: 20_000 }).status === 0;
}

function goLibrary(): string | undefined {
  return GO_LIBRARIES.find((folder) => existsSync(path.join(folder, "token.go")));
}

/** Debian's way to build: everything from folders, nothing from the network. */
function goEnvironment(folder: string): Readonly<Record<string, string>> {
  const link = path.join(folder, "go", GO_LIBRARY, "v5");
  mkdirSync(path.dirname(link), { recursive: true });
  symlinkSync(goLibrary() ?? "", link);
  return {
    GO111MODULE: "off",
    GOPATH: path.join(folder, "go"),
    GOCACHE: GO_CACHE,
    GOENV: "off",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
  };
}
