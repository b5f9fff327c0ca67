import AjvCompiler, { type BuildCompilerFromPool } from "@fastify/ajv-compiler";
import { ApiError, hideSecrets, suggestion } from "@latchkey/engine";
import { _, type Ajv, type Code, type KeywordCxt, type Name } from "ajv";
import type { FastifySchemaValidationError } from "fastify";

const factory = AjvCompiler();

/**
 * Bodies are taken as they are: no type is coerced and an unknown member is an error. Parameters,
 * query and headers, which are all text, are coerced to what their schema says. Schemas are compiled
 * when they are first used: a start should not wait for all of them.
 */
export const buildValidator: BuildCompilerFromPool = (schemas) => {
  const strict = once(() => compilerFor(schemas, false));
  const lenient = once(() => compilerFor(schemas, "array"));

  return (part) => {
    // What Fastify passes is a route's part, whatever the type says.
    const isBody = (part as { readonly httpPart?: string }).httpPart === "body";
    const compiled = once(() => (isBody ? strict : lenient)()(part));
    const validate = (data: unknown): boolean => {
      const valid = compiled()(data) as boolean;
      const fault = valid && !isBody ? infinite(data) : undefined;
      lazy.errors = fault === undefined ? (compiled().errors ?? null) : [fault];
      return fault === undefined && valid;
    };
    // Fastify calls it and reads `errors`; it needs nothing else of what Ajv makes.
    const lazy = validate as AnyValidateFunction;
    return lazy;
  };
};

/**
 * The fault of a member that became infinite: `Infinity` and `1e309` are coerced to a number that
 * passes every bound, for Ajv compares finite ones alone.
 */
function infinite(data: unknown) {
  for (const [name, value] of Object.entries(data ?? {})) {
    if (typeof value !== "number" || Number.isFinite(value)) continue;
    const params = { type: "integer" };
    return { keyword: "type", instancePath: `/${name}`, schemaPath: "", params };
  }
  return undefined;
}

type AnyValidateFunction = ReturnType<ReturnType<BuildCompilerFromPool>>;

function compilerFor(schemas: Parameters<BuildCompilerFromPool>[0], coerceTypes: false | "array") {
  return factory(schemas, {
    customOptions: {
      removeAdditional: false,
      useDefaults: true,
      coerceTypes,
      // The error then holds the schema, for a suggestion which member was meant.
      verbose: true,
      allowUnionTypes: true,
    },
    onCreate: countLazily,
  });
}

/**
 * Ajv counts the characters of every string whose length has a bound. A string has at most as many
 * as its `length` says, which costs nothing to read, and at least half of that: only where this does
 * not settle it need they be counted.
 */
function countLazily(ajv: Ajv): void {
  mayFailOnlyIf("maxLength", "minLength", (length, bound) => _`${length} > ${bound}`);
  mayFailOnlyIf("minLength", "pattern", (length, bound) => _`${length} < ${bound} * 2`);

  function mayFailOnlyIf(
    keyword: string,
    before: string,
    condition: (length: Code, bound: Name | Code) => Code,
  ): void {
    const definition = ajv.getKeyword(keyword);
    if (typeof definition === "boolean" || !("code" in definition)) throw new Error(keyword);
    ajv.removeKeyword(keyword);
    ajv.addKeyword({
      ...definition,
      keyword,
      before,
      code(cxt: KeywordCxt) {
        const fail = cxt.fail$data.bind(cxt);
        const may = condition(_`${cxt.data}.length`, cxt.schemaCode as Name);
        cxt.fail$data = (counted) => fail(_`${may} && ${counted}`);
        definition.code(cxt);
      },
    });
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A request against its schema. It names the member as it was sent, not as we name it. */
export class SchemaFault extends ApiError {
  /** To the member, from the whole of what was sent (RFC 6901). */
  readonly pointer: string;

  constructor(message: string, { field, pointer }: { field: string; pointer: string }) {
    super("INVALID_REQUEST", message, { details: { field } });
    this.pointer = pointer;
  }
}

/**
 * The first fault of a request, as the error that names the member. A path parameter of the wrong
 * form names nothing that exists, so it is a 404. Never repeats a value: it may be a secret.
 */
export function validationFault(
  faults: readonly FastifySchemaValidationError[],
  part: string,
): ApiError {
  const [fault] = faults;
  if (part === "params" || fault === undefined) {
    return new ApiError("NOT_FOUND", "There is no such thing.");
  }
  const steps = stepsTo(fault);
  const field = fieldOf(steps);
  const pointer = steps.map((step) => `/${escapePointer(step)}`).join("");
  return new SchemaFault(sentence(fault, field, WHERE[part] ?? part), { field, pointer });
}

const WHERE: Readonly<Record<string, string>> = {
  body: "the body",
  querystring: "the query",
  headers: "the headers",
};

function sentence(fault: FastifySchemaValidationError, field: string, where: string): string {
  const name = field === "" ? where : field;
  const { params } = fault;
  switch (fault.keyword) {
    case "required":
      return `${name} is required.`;
    case "additionalProperties":
      return `${name} is not a member of ${where}${hint(params.additionalProperty)}`;
    case "type":
      return `${name} must be ${kinds(params.type)}.`;
    case "enum":
      return `${name} must be one of ${list(params.allowedValues)}.`;
    case "minLength":
      return `${name} must have at least ${counted(params.limit, "character")}.`;
    case "maxLength":
      return `${name} must have at most ${counted(params.limit, "character")}.`;
    case "minItems":
      return `${name} must have at least ${counted(params.limit, "element")}.`;
    case "maxItems":
      return `${name} must have at most ${counted(params.limit, "element")}.`;
    case "minProperties":
      return `${name} must have at least ${counted(params.limit, "member")}.`;
    case "maxProperties":
      return `${name} must have at most ${counted(params.limit, "member")}.`;
    case "minimum":
      return `${name} must be at least ${params.limit}.`;
    case "maximum":
      return `${name} must be at most ${params.limit}.`;
    case "format":
      return `${name} must be ${FORMATS[String(params.format)] ?? String(params.format)}.`;
    case "pattern":
      return `${name} has characters or a form that is not allowed here.`;
    case "uniqueItems":
      return `${name} must not name anything twice.`;
    default:
      return `${name} is not valid.`;
  }

  function hint(unknown: unknown): string {
    // `verbose` makes Ajv add the schema of the object that has the surplus member.
    const { parentSchema } = fault as { readonly parentSchema?: { readonly properties?: object } };
    return suggestion(String(unknown), Object.keys(parentSchema?.properties ?? {})) || ".";
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "an RFC 3339 instant such as 2030-01-31T12:00:00Z",
  email: "an e-mail address",
};

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  object: "a JSON object",
  array: "an array",
  null: "null",
};

function counted(limit: unknown, what: string): string {
  return `${limit} ${what}${limit === 1 ? "" : "s"}`;
}

function kinds(type: unknown): string {
  return String(type)
    .split(",")
    .map((kind) => KINDS[kind] ?? kind)
    .join(" or ");
}

function list(values: unknown): string {
  return (values as readonly unknown[]).map((value) => JSON.stringify(value)).join(", ");
}

/** The names on the way to a member, also to a missing or a surplus one. */
function stepsTo({ instancePath, params }: FastifySchemaValidationError): readonly string[] {
  const member = params.missingProperty ?? params.additionalProperty;
  const steps = instancePath.split("/").slice(1).map(unescapePointer);
  if (typeof member === "string") steps.push(member.slice(0, 64));
  // The names are the caller's own: a secret may have been put where a name belongs.
  return steps.map(hideSecrets);
}

/** `limits`, `0`, `max` as a person writes it: `limits[0].max`. */
function fieldOf(steps: readonly string[]): string {
  return steps.reduce((path, step) => {
    if (/^\d+$/.test(step)) return `${path}[${step}]`;
    return path === "" ? step : `${path}.${step}`;
  }, "");
}

/** RFC 6901 §4. */
function unescapePointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function escapePointer(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}
