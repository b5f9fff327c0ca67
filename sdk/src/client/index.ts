export {
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  type Input,
} from "./client.ts";
export { LatchkeyError, type LatchkeyErrorParts } from "./latchkey-error.ts";
export type * from "./management-api.ts";
