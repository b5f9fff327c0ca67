import type { CompiledPolicy } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import { Ref } from "./base.ts";

/** An API on the wire. */
export const Api = Type.Object(
  {
    slug: Type.String(),
    profile: Type.String({ description: "The profile whose answers its clients get." }),
    mount: Type.String({ description: "The address below which its clients find it." }),
    hosts: Type.Array(Type.String(), { description: "Host names whose root is the mount too." }),
    policyDigest: Type.String({ description: "Two processes with the same digest decide alike." }),
  },
  { $id: "Api" },
);

/** `GET /v1/apis`. */
export const ApiList = Type.Object({ data: Type.Array(Ref(Api)) }, { $id: "ApiList" });

/** The API as it goes over the wire; its mount is below the public URL or on its own host. */
export function toApi({ policy, digest }: CompiledPolicy, publicUrl: string): Static<typeof Api> {
  const [host] = policy.hosts;
  return {
    slug: policy.slug,
    profile: policy.renderer,
    mount: host === undefined ? `${publicUrl}/${policy.slug}` : `https://${host}`,
    hosts: [...policy.hosts],
    policyDigest: digest,
  };
}
