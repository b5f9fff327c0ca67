/** What a policy file imports from `"latchkey"`. */
export { type ApiDefinition, defineApi, defineLatchkey, profiles } from "@latchkey/engine";
