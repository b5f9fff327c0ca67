import { type Static, type TProperties, type TSchema, Type } from "typebox";

/**
 * Text of `minLength` to `maxLength` characters that every store can hold: no NUL and no lone
 * surrogate, which PostgreSQL refuses.
 */
export function Text(bounds: { minLength?: number; maxLength: number; description?: string }) {
  return Type.String({ pattern: "^[^\\u0000\\ud800-\\udfff]*$", ...bounds });
}

/** An id with one of the prefixes, as it stands in the store. */
export function Id(prefix: string, description?: string) {
  const options = { pattern: `^(?:${prefix})_[0-9a-z]{1,64}$`, examples: [example(prefix)] };
  return Type.String(description === undefined ? options : { ...options, description });
}

function example(prefix: string): string {
  return `${prefix.split("|")[0]}_4f1c0a9be27d4f1c0a9be27d`;
}

/** An RFC 3339 instant. */
export function Instant(description: string) {
  return Type.String({ format: "date-time", description, examples: ["2030-01-31T12:00:00.000Z"] });
}

/** What `schema` describes, or null. */
export function Nullable<T extends TSchema>(schema: T) {
  // A list of types, not `anyOf`: fewer words in the document, and faster to write.
  const { type, enum: values } = schema as { type?: string; enum?: readonly unknown[] };
  const nullable = values === undefined ? {} : { enum: [...values, null] };
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [type, "null"], ...nullable });
}

/** One of some words. */
export function OneOf<const Words extends readonly string[]>(words: Words, description?: string) {
  return Type.Unsafe<Words[number]>({
    type: "string",
    enum: [...words],
    ...(description === undefined ? {} : { description }),
  });
}

/** A body: a member that is not named is an error. */
export function Body<P extends TProperties>(
  properties: P,
  options: { minProperties?: number } = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** A reference to a schema that the app was given by its `$id`; it becomes a component. */
export function Ref<T extends TSchema>(schema: T, description?: string) {
  const { $id } = schema as { $id?: string };
  return Type.Unsafe<Static<T>>({
    $ref: `${$id}#`,
    ...(description === undefined ? {} : { description }),
  });
}
