import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "rolldown/utils";

/** A source file and what the rules of the tree ask about it. */
export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Line of each `Date.now()` and `new Date()`: the machine's clock, read directly. */
  readonly clockReads: readonly number[];
  readonly environmentReads: readonly number[];
}

/** One module that a file names; types count too. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** The file it leads to, from the root, when it is a relative one. */
  readonly file: string | undefined;
  readonly exists: boolean;
}

/** Every `.ts`, `.tsx` and `.mjs` file below the folders; a folder that is missing has none. */
export function readTree(root: string, folders: readonly string[]): SourceFile[] {
  return folders
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
        .map((file) => path.posix.join(folder, file.replaceAll(path.sep, "/")))
        .filter((file) => /\.(tsx?|mjs)$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file)),
    )
    .sort()
    .map((file) => readSource(root, file));
}

function readSource(root: string, file: string): SourceFile {
  const source = readFileSync(path.join(root, file), "utf8");
  const { module, program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const lineAt = (offset: number) => source.slice(0, offset).split("\n").length;

  const named = [
    ...module.staticImports.map((entry) => entry.moduleRequest),
    ...module.staticExports.flatMap((entry) => entry.entries.map((each) => each.moduleRequest)),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const [, value] = /^["'`](.*)["'`]$/.exec(source.slice(start, end)) ?? [];
      return value === undefined ? [] : { value, start };
    }),
  ].filter((request) => request !== null && request !== undefined);
  const imports = named.map(({ value, start }) => {
    const target = value.startsWith(".")
      ? path.posix.join(path.posix.dirname(file), value)
      : undefined;
    return {
      specifier: value,
      line: lineAt(start),
      file: target,
      exists: target === undefined || existsSync(path.join(root, target)),
    };
  });

  const clockReads: number[] = [];
  const environmentReads: number[] = [];
  visit(program, (node) => {
    if (readsClock(node)) clockReads.push(lineAt(node.start));
    if (isMember(node, "process", "env")) environmentReads.push(lineAt(node.start));
  });
  return {
    path: file,
    lines: source.split("\n").length - 1,
    imports,
    clockReads,
    environmentReads,
  };
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const each of value) visit(each, see);
  else if (isNode(value)) {
    see(value);
    for (const member of Object.values(value)) visit(member, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function readsClock(node: Node): boolean {
  if (node.type === "CallExpression") return isMember(node.callee, "Date", "now");
  if (node.type !== "NewExpression" || !Array.isArray(node.arguments)) return false;
  return isName(node.callee, "Date") && node.arguments.length === 0;
}

function isMember(node: unknown, object: string, property: string): boolean {
  return (
    isNode(node) &&
    node.type === "MemberExpression" &&
    isName(node.object, object) &&
    isName(node.property, property)
  );
}

function isName(node: unknown, name: string): boolean {
  return isNode(node) && node.type === "Identifier" && node.name === name;
}
