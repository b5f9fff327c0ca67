/** Where webhooks go. */
export interface WebhookEndpointTable {
  readonly api: string;
  readonly id: string;
  readonly account_id: string | null;
  readonly application_id: string | null;
  readonly url: string;
  readonly description: string | null;
  readonly events: string;
  readonly format: string;
  readonly payload_template: string | null;
  readonly version: string | null;
  readonly secrets: string;
  readonly strict_order: number;
  readonly parallel: number;
  readonly created_at: number;
  readonly disabled_at: number | null;
  readonly disabled_reason: string | null;
  readonly failing_since: number | null;
  readonly revoked_at: number | null;
  readonly locked_by: string | null;
  readonly locked_until: number;
  readonly served_at: number;
}

/** The outbox: one event on its way to one endpoint. */
export interface WebhookDeliveryTable {
  readonly api: string;
  readonly id: string;
  readonly endpoint_id: string;
  readonly owner_id: string | null;
  readonly event_id: string;
  readonly type: string;
  readonly account_id: string | null;
  readonly application_id: string | null;
  readonly data: string;
  readonly created_at: number;
  readonly seq: number;
  readonly status: string;
  readonly attempts: number;
  readonly tries: number;
  readonly run_at: number;
  readonly log: string;
  readonly settled_at: number | null;
}
