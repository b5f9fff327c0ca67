// Two files of undici alone: the whole of it takes the application's own `fetch` for itself, with
// whatever dispatcher that was given, and 6 MiB more.

declare module "undici/lib/dispatcher/client.js" {
  export { Client as default } from "undici";
}

declare module "undici/lib/core/connect.js" {
  import type { Socket } from "node:net";
  import type { buildConnector } from "undici";

  export default function build(
    options: buildConnector.BuildOptions,
  ): (...args: Parameters<buildConnector.connector>) => Socket;
}
