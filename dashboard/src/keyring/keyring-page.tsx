import { Skeleton, Tabs, Text } from "@mantine/core";
import { Page } from "../elements/page.tsx";
import { useApiDetail } from "../layout/apis.ts";
import { KeyKind } from "./key-kind.tsx";
import { KINDS } from "./kinds.tsx";

/** The keys and secrets that customers sign with, of every kind that the API takes. */
export function KeyringPage() {
  const detail = useApiDetail();
  const kinds = KINDS.filter(({ scheme }) => detail?.schemes.includes(scheme));
  return (
    <Page
      title="Signing keys and secrets"
      about="What customers sign their tokens and requests with. A secret is shown once."
    >
      {detail === undefined && <Skeleton height={300} aria-label="Loading" />}
      {detail !== undefined && kinds.length === 0 && (
        <Text c="dimmed">This API takes neither tokens nor requests that its customers sign.</Text>
      )}
      {kinds[0] !== undefined && (
        <Tabs defaultValue={kinds[0].path} keepMounted={false}>
          <Tabs.List mb="md">
            {kinds.map(({ path, title }) => (
              <Tabs.Tab key={path} value={path}>
                {title}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {kinds.map((kind) => (
            <Tabs.Panel key={kind.path} value={kind.path}>
              <KeyKind kind={kind} />
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </Page>
  );
}
