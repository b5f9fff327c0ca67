/** The tables of who signs in and how. */
export interface PeopleTables {
  readonly operator_person: OperatorPersonTable;
  readonly totp: TotpTable;
  readonly recovery_code: RecoveryCodeTable;
  readonly passkey: PasskeyTable;
  readonly sign_in_link: SignInLinkTable;
}

export interface OperatorPersonTable {
  readonly id: string;
  readonly email: string;
  readonly email_key: string;
  readonly name: string;
  readonly role: string;
  readonly apis: string | null;
  readonly password_hash: string | null;
  readonly created_at: number;
  readonly signed_out_at: number | null;
}

export interface TotpTable {
  readonly api: string;
  readonly person_id: string;
  readonly sealed: Uint8Array;
  readonly created_at: number;
  readonly confirmed_at: number | null;
  readonly last_step: number | null;
}

export interface RecoveryCodeTable {
  readonly api: string;
  readonly person_id: string;
  readonly digest: Uint8Array;
  readonly used_at: number | null;
}

export interface PasskeyTable {
  readonly api: string;
  readonly id: string;
  readonly person_id: string;
  readonly name: string;
  readonly public_key: Uint8Array;
  readonly counter: number;
  readonly transports: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
}

export interface SignInLinkTable {
  readonly api: string;
  readonly digest: Uint8Array;
  readonly kind: string;
  readonly person_id: string | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly used_at: number | null;
}
