/** What a policy file imports from `"latchkey"`. */
export {
  type ApiDefinition,
  calcomEntitlements,
  defineApi,
  defineLatchkey,
  profiles,
} from "@latchkey/engine";
