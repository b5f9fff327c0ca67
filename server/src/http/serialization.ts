import SerializerSelector, {
  type Serializer,
  type SerializerFactory,
} from "@fastify/fast-json-stringify-compiler";

const factory = SerializerSelector();

/**
 * Writes answers by their response schema, so that a member which no schema names cannot leave.
 * Compiles each schema when it is first used: most are never used, and a start should not wait.
 */
export const buildSerializer: SerializerFactory = (schemas, options) => {
  const compile = factory(schemas, options);
  return (route) => {
    let serialize: Serializer | undefined;
    return (document) => {
      serialize ??= compile(route);
      return serialize(document);
    };
  };
};
