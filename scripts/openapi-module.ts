/** As much of OpenAPI 3.1 as the service's document uses; another keyword changes no type. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
}

/** What verifiers follow has no one answer. */
const ENDLESS: ReadonlySet<string> = new Set(["followChanges"]);

/** Leaves room for the deepest indentation. */
const COMMENT_COLUMNS = 84;

/** Whether the members may also be undefined: what is sent leaves them out, answers never do. */
type Direction = "sent" | "answered";

/**
 * The source of a module with a type for each component and, for each operation that an operator
 * may call, its types and its line in the table. The order is that of names, so that two documents
 * that say the same give the same text.
 */
export function moduleOf(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths)
    .flatMap(([url, byMethod]) =>
      Object.entries(byMethod).map(([method, operation]) => ({ url, method, ...operation })),
    )
    .filter((operation) => !isForProxies(operation) && !ENDLESS.has(operation.operationId))
    .sort((a, b) => (a.operationId < b.operationId ? -1 : 1));

  const components = Object.entries(document.components.schemas)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => {
      const documented = comment(schema.description ?? `\`${name}\` of the document.`);
      return `${documented}export type ${nameOf(name)} = ${typeOf(schema)};`;
    });
  const types = operations.map(
    (operation) => `${comment(operation.summary)}${operation.operationId}: {
      params: ${paramsOf(operation)};
      body: ${contentType(operation.requestBody?.content, "sent")};
      answer: ${answerOf(operation)};
    };`,
  );
  const rows = operations.map((operation) => {
    const { operationId, method, url, parameters = [] } = operation;
    const query = parameters.filter((each) => each.in === "query").map(({ name }) => name);
    const members = [
      `method: "${method.toUpperCase()}"`,
      `path: "${url}"`,
      `query: ${JSON.stringify(query)}`,
      `keyed: ${parameters.some(({ name }) => name === "idempotency-key")}`,
      `answers: "${isText(operation) ? "text" : "json"}"`,
    ];
    return `${operationId}: { ${members.join(", ")} },`;
  });
  const further = operations.flatMap(({ operationId, responses }) => {
    const statuses = Object.keys(responses).filter((status) => isFurtherAnswer(status, responses));
    return statuses.length === 0 ? [] : [`${operationId}: [${statuses.join(", ")}],`];
  });
  return `// Made by \`npm run generate\` from the service's OpenAPI document; a test compares them.

${components.join("\n")}

/** What each operation takes and answers. */
export interface Operations {
  ${types.join("\n")}
}

/** How each operation is called; \`keyed\` ones take an \`Idempotency-Key\`. */
export const OPERATIONS = {
  ${rows.join("\n")}
} as const;

/** Statuses beside 2xx whose body is the operation's answer, and no error. */
export const FURTHER_ANSWERS: Readonly<Partial<Record<keyof Operations, readonly number[]>>> = {
  ${further.join("\n")}
};
`;
}

/** Whether it says what a success would say, such as what is not ready. */
function isFurtherAnswer(status: string, responses: Operation["responses"]): boolean {
  const [media] = Object.values(responses[status]?.content ?? {});
  const [success] = Object.values(responses["200"]?.content ?? {});
  const name = media?.schema.$ref;
  return !status.startsWith("2") && name !== undefined && name === success?.schema.$ref;
}

/** What a proxy sends is its own client's credential, which no client of this API has. */
function isForProxies({ security = [] }: Operation): boolean {
  return security.some((way) => "proxyToken" in way);
}

function paramsOf({ parameters = [] }: Operation): string {
  const members = parameters
    .filter((each) => each.in === "path" || each.in === "query")
    .map(({ name, required = false, schema, description }) =>
      memberOf(name, {
        required,
        direction: "sent",
        schema: description === undefined ? schema : { ...schema, description },
      }),
    );
  return members.length === 0 ? "Record<never, never>" : `{\n${members.join("\n")} }`;
}

function isText({ responses }: Operation): boolean {
  return Object.entries(responses).some(
    ([status, { content = {} }]) => status.startsWith("2") && "text/plain" in content,
  );
}

function answerOf({ responses }: Operation): string {
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith("2"))
    .map(([, { content }]) => contentType(content, "answered"));
  return [...new Set(answers)].join(" | ");
}

function contentType(content: Content | undefined, direction: Direction): string {
  const [media] = Object.values(content ?? {});
  return media === undefined ? "undefined" : typeOf(media.schema, direction);
}

function typeOf(schema: Schema, direction: Direction = "answered"): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref.split("/").at(-1) ?? "");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) {
    const values = schema.enum.map((value) => JSON.stringify(value));
    return [...values, ...(isNullable(schema) ? ["null"] : [])].join(" | ");
  }
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map((each) => typeOf(each, direction)).join(" | ");
  }
  if (schema.type === undefined) return "unknown";
  return [schema.type]
    .flat()
    .map((type) => plainType(type, schema, direction))
    .join(" | ");
}

function isNullable({ type, enum: values = [] }: Schema): boolean {
  return [type].flat().includes("null") && !values.includes(null);
}

function plainType(type: string, schema: Schema, direction: Direction): string {
  if (type === "integer") return "number";
  if (type === "array") return `readonly (${typeOf(schema.items ?? {}, direction)})[]`;
  return type === "object" ? objectType(schema, direction) : type;
}

function objectType(schema: Schema, direction: Direction): string {
  const { properties = {}, required = [], additionalProperties: others } = schema;
  const members = Object.entries(properties).map(([name, member]) =>
    memberOf(name, { required: required.includes(name), direction, schema: member }),
  );
  const record =
    typeof others === "object"
      ? `Readonly<Record<string, ${typeOf(others, direction)}>>`
      : "Readonly<Record<string, unknown>>";
  if (members.length === 0) return others === false ? "Record<never, never>" : record;
  const object = `{\n${members.join("\n")} }`;
  return others === undefined || others === false ? object : `${object} & ${record}`;
}

function memberOf(
  name: string,
  { required, direction, schema }: { required: boolean; direction: Direction; schema: Schema },
): string {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
  const type = typeOf(schema, direction);
  const optional = !required && direction === "sent" ? " | undefined" : "";
  return `${comment(schema.description)}readonly ${key}${required ? "" : "?"}: ${type}${optional};`;
}

/** The name of a component's type; `Error` alone would hide the language's own. */
function nameOf(component: string): string {
  return component === "Error" ? "ErrorAnswer" : component;
}

function comment(text: string | undefined): string {
  if (text === undefined) return "";
  const words = text.replaceAll("*/", "*\\/").split(/\s+/);
  const lines = [""];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= COMMENT_COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(` ${word}`);
  }
  if (lines.length === 1) return `/**${lines[0]} */\n`;
  return `/**\n${lines.map((line) => ` *${line}\n`).join("")} */\n`;
}
