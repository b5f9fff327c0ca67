import type { StoreLog } from "../store/store-log.ts";

/** A log that keeps what it is told. */
export interface KeptLog extends StoreLog {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[];
}

/** Makes an empty log. */
export function keptLog(): KeptLog {
  const lines: KeptLog["lines"] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { lines, info: at("info"), warn: at("warn"), error: at("error") };
}
