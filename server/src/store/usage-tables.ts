import type { UsageOutcome } from "./records.ts";

/** What is counted of requests, each table by the hour. */
export interface UsageTables {
  readonly usage: UsageTable;
  readonly latency: LatencyTable;
  readonly credential_latency: CredentialLatencyTable;
}

interface UsageTable {
  readonly api: string;
  readonly hour: number;
  readonly credential_id: string;
  readonly account_id: string;
  readonly outcome: UsageOutcome;
  readonly count: number;
  readonly client_version: string | null;
}

interface LatencyTable {
  readonly api: string;
  readonly account_id: string;
  readonly hour: number;
  readonly bucket: number;
  readonly count: number;
}

interface CredentialLatencyTable {
  readonly api: string;
  readonly hour: number;
  readonly credential_id: string;
  readonly account_id: string;
  readonly timed: number;
  readonly total_micros: number;
  readonly max_micros: number;
}
