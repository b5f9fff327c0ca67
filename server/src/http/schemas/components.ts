import { Account, AccountList } from "./account.ts";
import { Api, ApiList } from "./api.ts";
import { ApiKey, ApiKeyList, IssuedApiKey, RevocationReceipt } from "./api-key.ts";
import { Event, EventList, Usage, UsageList } from "./audit.ts";
import { ErrorAnswer } from "./error.ts";
import { IssuedOperatorToken, OperatorToken, OperatorTokenList } from "./operator-token.ts";
import { Health, Readiness } from "./system.ts";
import { User, UserList } from "./user.ts";

/** Every schema with a name of its own in `openapi.json`. */
export const components = [
  ErrorAnswer,
  Api,
  ApiList,
  Account,
  AccountList,
  User,
  UserList,
  ApiKey,
  IssuedApiKey,
  ApiKeyList,
  RevocationReceipt,
  OperatorToken,
  IssuedOperatorToken,
  OperatorTokenList,
  Event,
  EventList,
  Usage,
  UsageList,
  Health,
  Readiness,
];
