import { readFileSync } from "node:fs";
import path from "node:path";
import type { Import, SourceFile } from "./source-tree.ts";

/** What holds in a tree of workspaces. Parts are paths without `src`. */
export interface Rules {
  /** Part → what it may import beside itself. `part/*`: each folder below is a part of its own. */
  readonly mayImport: Readonly<Record<string, readonly string[]>>;
  /** External package (`name`, `@scope/*`, `node:name`) → the only parts that may import it. */
  readonly homes: Readonly<Record<string, readonly string[]>>;
  /** Parts that may import these external modules and no others. */
  readonly only: Readonly<Record<string, readonly string[]>>;
  /** Workspace folder → package name. */
  readonly packages: Readonly<Record<string, string>>;
  /** Files that look behind the faces of packages, at what the table lets them see. */
  readonly mayLookInside: readonly string[];
  /** Files that a program of ours writes: no one reads them from top to bottom. */
  readonly generated: readonly string[];
  /** Parts that may read the machine's clock, and the environment. */
  readonly mayReadClock: readonly string[];
  readonly mayReadEnvironment: readonly string[];
}

const VAGUE = /^(utils?|helpers?|lib|common|shared|misc)$/;
const MOST_LINES = 300;
const MOST_TEST_LINES = 600;

/** Every way in which the tree breaks the rules, as `file:line: what`. */
export function violationsIn(
  root: string,
  files: readonly SourceFile[],
  rules: Rules,
): readonly string[] {
  const check = rulesFor(root, rules);
  return [...new Set([...files.flatMap((file) => check(file)), ...cyclesIn(files)])];
}

function rulesFor(root: string, rules: Rules) {
  const declared = declaredPackages(root, rules);
  const faces = publicFaces(root, rules);
  return (file: SourceFile): readonly string[] => {
    const found: string[] = [];
    const say = (line: number, what: string) => found.push(`${file.path}:${line}: ${what}`);
    const place = placeOf(file.path);
    const isTest = isTestFile(file.path);

    const vague = place.split("/").find((name) => VAGUE.test(name.replace(/\..*$/, "")));
    if (vague !== undefined) say(1, `"${vague}" names no noun`);
    const most = isTest ? MOST_TEST_LINES : MOST_LINES;
    if (file.lines > most && !rules.generated.includes(place)) {
      say(file.lines, `longer than ${most} lines`);
    }
    if (!isTest && !isWithin(place, rules.mayReadClock)) {
      for (const line of file.clockReads) say(line, "reads the clock; take a Clock or an instant");
    }
    if (!isTest && !isWithin(place, rules.mayReadEnvironment)) {
      for (const line of file.environmentReads) say(line, "reads the environment");
    }

    const part = partOf(place, rules.mayImport);
    if (part === undefined && !isTest) say(1, "belongs to no part of the table");
    for (const each of file.imports) {
      const fault = each.file === undefined ? external(each) : relative(each, each.file);
      if (fault !== undefined) say(each.line, fault);
    }
    return found;

    function relative(each: Import, target: string): string | undefined {
      if (!each.exists) return `${each.specifier} does not exist`;
      const owner = workspaceOf(target);
      if (owner !== workspaceOf(file.path)) {
        // What is no package has no face: the table alone says who may look into it.
        const hasFace = rules.packages[owner] !== undefined;
        const isOpen = !hasFace || isWithin(place, rules.mayLookInside);
        if (isOpen && mayImport(placeOf(target))) return undefined;
        return `${target}: use its public face`;
      }
      if (isTest) return undefined;
      if (isTestFile(target)) return `${target} is a test`;
      return mayImport(placeOf(target)) ? undefined : `${part} may not import ${placeOf(target)}`;
    }

    function external({ specifier }: Import): string | undefined {
      const workspace = Object.keys(rules.packages).find((folder) => {
        const name = rules.packages[folder] ?? "";
        return specifier === name || specifier.startsWith(`${name}/`);
      });
      if (workspace !== undefined) {
        if (!faces.has(specifier)) return `${specifier} is a deep import`;
        if (workspace === workspaceOf(file.path)) return "imports its own package by name";
      }
      const name = specifier.startsWith("node:") ? specifier : packageOf(specifier);
      if (!declared(file.path, name)) return `${name} is not in the package.json of this workspace`;
      if (isTest) return undefined;
      if (workspace !== undefined) {
        const face = faces.get(specifier) ?? workspace;
        return mayImport(face) ? undefined : `${part} may not import ${face}`;
      }
      const homes = rules.homes[name] ?? rules.homes[name.replace(/\/.*/, "/*")];
      if (homes !== undefined && !isWithin(place, homes)) return `${name} belongs to ${homes}`;
      const sole = Object.keys(rules.only).find((each) => isWithin(place, [each]));
      const allowed = sole === undefined ? undefined : rules.only[sole];
      return allowed?.includes(name) === false ? `${sole} may not import ${name}` : undefined;
    }

    function mayImport(target: string): boolean {
      if (part === undefined) return false;
      return isWithin(target, [part]) || isWithin(target, allowedFor(part, rules.mayImport));
    }
  };
}

function allowedFor(part: string, table: Rules["mayImport"]): readonly string[] {
  return table[part] ?? table[part.replace(/\/[^/]+$/, "/*")] ?? [];
}

/** The longest row of the table that the place lies in. */
function partOf(place: string, table: Rules["mayImport"]): string | undefined {
  const segments = place.split("/");
  for (let length = segments.length; length > 0; length -= 1) {
    const part = segments.slice(0, length).join("/");
    if (table[part] !== undefined) return part;
    if (length > 1 && length < segments.length) {
      if (table[`${segments.slice(0, length - 1).join("/")}/*`] !== undefined) return part;
    }
  }
  return undefined;
}

/** Tests see the root's development packages; sources only what their own manifest installs. */
function declaredPackages(root: string, rules: Rules) {
  const namesIn = (folder: string, members: readonly string[]) => {
    const text = readFileSync(path.join(root, folder, "package.json"), "utf8");
    const manifest: Record<string, Record<string, string>> = JSON.parse(text);
    return members.flatMap((member) => Object.keys(manifest[member] ?? {}));
  };
  const RUNTIME = ["dependencies", "peerDependencies", "optionalDependencies"];
  const development = new Set([
    ...namesIn("", [...RUNTIME, "devDependencies"]),
    ...Object.values(rules.packages),
  ]);
  const runtime = new Map(
    Object.keys(rules.packages).map((folder) => [folder, new Set(namesIn(folder, RUNTIME))]),
  );
  return (file: string, name: string): boolean => {
    if (name.startsWith("node:")) return true;
    const own = runtime.get(workspaceOf(file));
    if (own?.has(name)) return true;
    return (own === undefined || isTestFile(file)) && development.has(name);
  };
}

/** What each package gives out, as its manifest says: specifier → the place it leads to. */
function publicFaces(root: string, rules: Rules): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(rules.packages).flatMap(([folder, name]) => {
      const text = readFileSync(path.join(root, folder, "package.json"), "utf8");
      const manifest: { exports?: Record<string, Record<string, string>> } = JSON.parse(text);
      const below = Object.entries(manifest.exports ?? {}).filter(([door]) => door !== ".");
      return [
        [name, folder],
        ...below.map(([door, { "latchkey-src": source = "" }]): [string, string] => [
          path.posix.join(name, door),
          placeOf(path.posix.join(folder, source)),
        ]),
      ] as const;
    }),
  );
}

function cyclesIn(files: readonly SourceFile[]): readonly string[] {
  const targets = new Map(
    files.map((file) => [file.path, file.imports.flatMap((each) => each.file ?? [])]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) found.push(`${[...trail.slice(start), file].join(" → ")}: a cycle`);
    if (start !== -1 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) walk(target, [...trail, file]);
    done.add(file);
  };
  for (const file of targets.keys()) walk(file, []);
  return found;
}

function isTestFile(file: string): boolean {
  return /\.test\.(ts|mjs)$|\.contract\.ts$|(^|\/)testing\/|^test\//.test(file);
}

function isWithin(place: string, parts: readonly string[]): boolean {
  return parts.some((part) => place === part || place.startsWith(`${part}/`));
}

function placeOf(file: string): string {
  return file.replace("/src/", "/");
}

function workspaceOf(file: string): string {
  return file.slice(0, file.indexOf("/"));
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
