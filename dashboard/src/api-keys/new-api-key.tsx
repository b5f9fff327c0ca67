import type { IssuedApiKey } from "@latchkey/sdk/client";
import { MultiSelect, SegmentedControl, Select, Stack, TagsInput, Text } from "@mantine/core";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { expiryAfter, LIFETIMES } from "../elements/expiry.ts";
import { NameInput } from "../elements/name.tsx";
import { useApi, useApiDetail } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";

const EMPTY = {
  name: "",
  accountId: null as string | null,
  scopes: [] as string[],
  mode: "live" as "live" | "test",
  lifetime: "90",
  allowedIps: [] as string[],
  signing: "off" as "off" | "optional" | "required",
};

interface NewApiKeyProps {
  readonly onClose: () => void;
  /** Gets the only copy of the key, also when the draft was closed before it came. */
  readonly onIssued: (issued: IssuedApiKey) => void;
}

/** Makes a key. */
export function NewApiKey({ onClose, onIssued }: NewApiKeyProps) {
  const api = useApi();
  const detail = useApiDetail();
  const { accountId: own } = usePowers();
  const { form, draft } = useDraft({
    initialValues: { ...EMPTY, accountId: own ?? null },
    validate: {
      name: (name) => (name.trim() === "" ? "Say what it is for." : null),
      accountId: (id) => (id === null ? "Choose whose key it is." : null),
    },
    changes: [api],
    onClose,
    send: async ({ lifetime, accountId, signing, ...rest }) => {
      const body = {
        ...rest,
        accountId: accountId ?? "",
        expiresAt: expiryAfter(lifetime),
        ...(signing !== "off" && { signing }),
      };
      onIssued(await client.issueApiKey({ api, body }));
    },
  });
  const takesSignatures = detail?.schemes.includes("signed-request") === true;
  return (
    <Draft title="New API key" verb="Make the key" draft={draft}>
      <NameInput placeholder="Nightly export" {...form.getInputProps("name")} />
      <AccountSelect required {...form.getInputProps("accountId")} />
      <MultiSelect
        label="Scopes"
        description="What it may do. Without any it can only say who it is."
        data={
          detail?.scopes.map(({ name, title }) => ({
            value: name,
            label: `${name} · ${title}`,
          })) ?? []
        }
        searchable
        {...form.getInputProps("scopes")}
      />
      <Stack gap={4}>
        <Text size="sm" fw={500} id="mode">
          Mode
        </Text>
        <SegmentedControl
          aria-labelledby="mode"
          data={["live", "test"]}
          {...form.getInputProps("mode")}
        />
      </Stack>
      <Select
        label="Ends"
        data={LIFETIMES}
        allowDeselect={false}
        {...form.getInputProps("lifetime")}
      />
      <TagsInput
        label="Allowed addresses"
        description="CIDR blocks; from anywhere when there is none."
        placeholder="192.0.2.0/24"
        maxTags={100}
        {...form.getInputProps("allowedIps")}
      />
      {takesSignatures && (
        <Select
          label="Signed requests"
          description="A signing secret comes with the key."
          data={["off", "optional", "required"]}
          allowDeselect={false}
          {...form.getInputProps("signing")}
        />
      )}
    </Draft>
  );
}
