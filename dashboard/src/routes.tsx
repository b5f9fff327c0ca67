import { Button, Text } from "@mantine/core";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
} from "@tanstack/react-router";
import { Failure } from "./elements/failure.tsx";
import { Page } from "./elements/page.tsx";
import { Waiting } from "./elements/waiting.tsx";
import { useApiSlugs, useApisQuery } from "./layout/apis.ts";
import { Shell } from "./layout/shell.tsx";
import { usePowers } from "./session/session.tsx";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({ getParentRoute: () => root, path: "/", component: Home });
const apiPages = createRoute({ getParentRoute: () => root, path: "/apis/$api" });
const ofApi = <const Path extends string>(path: Path) =>
  ({ getParentRoute: () => apiPages, path }) as const;

const routeTree = root.addChildren([
  home,
  createRoute({
    getParentRoute: () => root,
    path: "/operators",
    component: lazyRouteComponent(() => import("./operators/operators-page.tsx"), "OperatorsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/security",
    component: lazyRouteComponent(() => import("./security/security-page.tsx"), "SecurityPage"),
  }),
  apiPages.addChildren([
    createRoute({
      ...ofApi("/"),
      component: lazyRouteComponent(() => import("./overview/overview-page.tsx"), "OverviewPage"),
    }),
    createRoute({
      ...ofApi("/api-keys"),
      component: lazyRouteComponent(() => import("./api-keys/api-keys-page.tsx"), "ApiKeysPage"),
    }),
    createRoute({
      ...ofApi("/api-keys/$id"),
      component: lazyRouteComponent(() => import("./api-keys/api-key-page.tsx"), "ApiKeyPage"),
    }),
    createRoute({
      ...ofApi("/signing-keys"),
      component: lazyRouteComponent(() => import("./keyring/keyring-page.tsx"), "KeyringPage"),
    }),
    createRoute({
      ...ofApi("/applications"),
      component: lazyRouteComponent(
        () => import("./applications/applications-page.tsx"),
        "ApplicationsPage",
      ),
    }),
    createRoute({
      ...ofApi("/grants"),
      component: lazyRouteComponent(() => import("./applications/grants-page.tsx"), "GrantsPage"),
    }),
    createRoute({
      ...ofApi("/webhooks"),
      component: lazyRouteComponent(() => import("./webhooks/webhooks-page.tsx"), "WebhooksPage"),
    }),
    createRoute({
      ...ofApi("/webhooks/$id"),
      component: lazyRouteComponent(() => import("./webhooks/endpoint-page.tsx"), "EndpointPage"),
    }),
    createRoute({
      ...ofApi("/system"),
      component: lazyRouteComponent(() => import("./system/system-page.tsx"), "SystemPage"),
    }),
    createRoute({
      ...ofApi("/accounts"),
      component: lazyRouteComponent(() => import("./accounts/accounts-page.tsx"), "AccountsPage"),
    }),
    createRoute({
      ...ofApi("/users"),
      component: lazyRouteComponent(() => import("./accounts/users-page.tsx"), "UsersPage"),
    }),
    createRoute({
      ...ofApi("/requests"),
      component: lazyRouteComponent(() => import("./requests/requests-page.tsx"), "RequestsPage"),
    }),
    createRoute({
      ...ofApi("/explain"),
      component: lazyRouteComponent(() => import("./explain/explain-page.tsx"), "ExplainPage"),
    }),
    createRoute({
      ...ofApi("/audit"),
      // In the address, so that the list can be shared and the way back leads to it.
      validateSearch: ({ type }: Record<string, unknown>): { type?: string } =>
        typeof type === "string" && /^[a-z_.]{1,64}$/.test(type) ? { type } : {},
      component: lazyRouteComponent(() => import("./audit/audit-page.tsx"), "AuditPage"),
    }),
    createRoute({
      ...ofApi("/policy"),
      component: lazyRouteComponent(() => import("./policy/policy-page.tsx"), "PolicyPage"),
    }),
  ]),
]);

/** Every page of the dashboard; each is loaded when it is opened. */
export const router = createRouter({
  routeTree,
  basepath: "/dashboard",
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
  scrollRestoration: true,
  // What was chosen or is open on a page is of its API and its key, and none of another's.
  defaultRemountDeps: ({ params }) => params,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** The pages of an API in the order of the navigation; what a session may open is its areas'. */
const FIRST_PAGES = [
  ["usage", "/apis/$api"],
  ["api-keys", "/apis/$api/api-keys"],
  ["signing-keys", "/apis/$api/signing-keys"],
  ["applications", "/apis/$api/applications"],
  ["webhooks", "/apis/$api/webhooks"],
] as const;

/** The first page that the session may open. */
function Home() {
  const slugs = useApiSlugs();
  const { mayRead } = usePowers();
  const apis = useApisQuery();
  if (slugs === undefined) return <Waiting query={apis} label="the APIs" />;
  const [api] = slugs;
  if (api === undefined) return <Text>There is no API that you may see.</Text>;
  const [, to] = FIRST_PAGES.find(([area]) => mayRead(area)) ?? [];
  if (to === undefined) return <Navigate to="/security" replace />;
  return <Navigate to={to} params={{ api }} replace />;
}

function NotFound() {
  return (
    <Page title="There is no such page" about="The address may be old, or mistyped.">
      <Button component="a" href="/dashboard/" w="fit-content">
        To the start
      </Button>
    </Page>
  );
}
