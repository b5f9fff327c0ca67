import type { Configuration } from "oidc-provider";

/** For addresses that clients have chosen: it must reach nothing private. */
export type GuardedFetch = (
  address: string | URL | Request,
  request: {
    readonly method?: string | undefined;
    readonly headers?: ConstructorParameters<typeof Headers>[0];
    readonly signal?: AbortSignal | null | undefined;
    readonly content?: Uint8Array | undefined;
  },
) => Promise<Response>;

/** The same as the library calls it, which sends forms and nothing else. */
export function libraryFetch(guarded: GuardedFetch): NonNullable<Configuration["fetch"]> {
  return (address, { method, headers, signal, body } = {}) => {
    const content = body instanceof URLSearchParams ? Buffer.from(String(body)) : undefined;
    return guarded(address, { method, ...(headers && { headers }), signal, content });
  };
}
