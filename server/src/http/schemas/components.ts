import { Account, AccountList } from "./account.ts";
import { Api, ApiDetail, ApiList } from "./api.ts";
import { ApiKey, ApiKeyList, IssuedApiKey } from "./api-key.ts";
import { Application, ApplicationList, IssuedApplication } from "./application.ts";
import { Event, EventList, Usage, UsageList } from "./audit.ts";
import { BrandingAnswer } from "./branding.ts";
import { DECISION_COMPONENTS } from "./decision.ts";
import { ErrorAnswer } from "./error.ts";
import { Explanation } from "./explanation.ts";
import { Grant, GrantList } from "./grant.ts";
import { IssuerKey, IssuerKeyList } from "./issuer-key.ts";
import { IssuedJwtSecret, JwtSecret, JwtSecretList } from "./jwt-secret.ts";
import { LeakedKey } from "./leaked-key.ts";
import { Invitation, InvitedOperator, OperatorList, OperatorPerson } from "./operator.ts";
import { IssuedOperatorToken, OperatorToken, OperatorTokenList } from "./operator-token.ts";
import { IssuedOrganizationKey, OrganizationKey, OrganizationKeyList } from "./organization-key.ts";
import { Findings, Overview } from "./overview.ts";
import { PolicyVersion, PolicyVersionList, ReasonList } from "./policy.ts";
import { PortalSession } from "./portal-session.ts";
import { RevocationReceipt } from "./receipt.ts";
import { CustomerRequest, CustomerRequestList } from "./request.ts";
import {
  DeviceList,
  LinkView,
  NewTotp,
  Passkey,
  PasskeyList,
  PasskeyOptions,
  Proof,
  RecoveryCodes,
  Session,
  SignInStep,
} from "./session.ts";
import { IssuedSigningKey, SigningKey, SigningKeyList } from "./signing-key.ts";
import { Health, Readiness } from "./system.ts";
import { User, UserList } from "./user.ts";
import {
  PublishedEvent,
  RetriedDeliveries,
  WebhookDelivery,
  WebhookDeliveryList,
} from "./webhook-delivery.ts";
import { IssuedWebhookEndpoint, WebhookEndpoint, WebhookEndpointList } from "./webhook-endpoint.ts";

/** Every schema with a name of its own in `openapi.json`. */
export const components = [
  ErrorAnswer,
  Api,
  ApiDetail,
  ApiList,
  BrandingAnswer,
  Account,
  AccountList,
  User,
  UserList,
  ApiKey,
  IssuedApiKey,
  LeakedKey,
  ApiKeyList,
  SigningKey,
  IssuedSigningKey,
  SigningKeyList,
  JwtSecret,
  IssuedJwtSecret,
  JwtSecretList,
  OrganizationKey,
  IssuedOrganizationKey,
  OrganizationKeyList,
  RevocationReceipt,
  Application,
  IssuedApplication,
  ApplicationList,
  Grant,
  GrantList,
  CustomerRequest,
  CustomerRequestList,
  IssuerKey,
  IssuerKeyList,
  WebhookEndpoint,
  IssuedWebhookEndpoint,
  WebhookEndpointList,
  WebhookDelivery,
  WebhookDeliveryList,
  RetriedDeliveries,
  PublishedEvent,
  OperatorToken,
  IssuedOperatorToken,
  OperatorTokenList,
  Event,
  EventList,
  Usage,
  UsageList,
  OperatorPerson,
  Invitation,
  InvitedOperator,
  OperatorList,
  PortalSession,
  Session,
  SignInStep,
  LinkView,
  DeviceList,
  PasskeyOptions,
  Proof,
  NewTotp,
  RecoveryCodes,
  Passkey,
  PasskeyList,
  ...DECISION_COMPONENTS,
  Explanation,
  Overview,
  Findings,
  PolicyVersion,
  PolicyVersionList,
  ReasonList,
  Health,
  Readiness,
];
