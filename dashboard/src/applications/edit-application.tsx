import type { Application } from "@latchkey/sdk/client";
import { Checkbox, MultiSelect, TagsInput, TextInput } from "@mantine/core";
import { client } from "../client.ts";
import { Draft, useDraft } from "../elements/draft.tsx";
import { NameInput } from "../elements/name.tsx";
import { useApi, useApiDetail } from "../layout/apis.ts";

interface EditApplicationProps {
  readonly application: Application;
  readonly onClose: () => void;
}

/** Changes what users see of an application, where they are sent, and how it hears of sign-outs. */
export function EditApplication({ application, onClose }: EditApplicationProps) {
  const api = useApi();
  const detail = useApiDetail();
  const { id, kind, name, redirectUris, scopes, logout } = application;
  const signOuts = {
    postLogoutRedirectUris: [...logout.postLogoutRedirectUris],
    backchannelLogoutUri: logout.backchannelLogoutUri ?? "",
    backchannelLogoutSessionRequired: logout.backchannelLogoutSessionRequired,
  };
  const { form, draft } = useDraft({
    initialValues: {
      name,
      redirectUris: [...redirectUris],
      scopes: [...scopes],
      ...signOuts,
    },
    validate: { redirectUris: (uris) => (uris.length === 0 ? "Name at least one." : null) },
    changes: [api, "applications"],
    onClose,
    send: async ({ name, redirectUris, scopes, ...rest }) => {
      const address = rest.backchannelLogoutUri.trim();
      // Not every API and kind takes any, and it is no change to send what they have.
      const isSame = JSON.stringify(rest) === JSON.stringify(signOuts);
      const body = {
        ...{ name, redirectUris, scopes },
        ...(!isSame && {
          logout: { ...rest, backchannelLogoutUri: address === "" ? null : address },
        }),
      };
      await client.updateApplication({ api, id, body });
    },
  });
  return (
    <Draft title="Edit the application" verb="Save" draft={draft}>
      <NameInput description="Users see it when they are asked." {...form.getInputProps("name")} />
      <TagsInput
        label="Redirect URIs"
        description="https, or http on this machine. Press Enter after each."
        required
        maxTags={10}
        {...form.getInputProps("redirectUris")}
      />
      <MultiSelect
        label="Scopes"
        description="What users may be asked to approve."
        data={detail?.scopes.map(({ name }) => name) ?? []}
        searchable
        {...form.getInputProps("scopes")}
      />
      {kind === "oauth" && (
        <>
          <TagsInput
            label="Addresses after signing out"
            description="Where users may be sent once they are signed out. Press Enter after each."
            maxTags={10}
            {...form.getInputProps("postLogoutRedirectUris")}
          />
          <TextInput
            label="Address to tell of sign-outs"
            description="Is sent a signed token when a user signs out. Empty: it is told nothing."
            maxLength={2048}
            {...form.getInputProps("backchannelLogoutUri")}
          />
          <Checkbox
            label="It has to hear which sign-in ended"
            {...form.getInputProps("backchannelLogoutSessionRequired", { type: "checkbox" })}
          />
        </>
      )}
    </Draft>
  );
}
