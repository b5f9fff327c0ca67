import { hash } from "node:crypto";
import type { CompiledLimit } from "@latchkey/engine";

/**
 * Counts one request in every fixed window of a limit, or in none, exactly as the counters in
 * memory do. A key holds `count end` for each window in turn: requests spent, and the Unix
 * milliseconds at which the window or its block ends, by Redis's clock. It expires with the last.
 * What is under the key and cannot be read so counts as nothing, and is replaced.
 *
 * KEYS: the counters. ARGV: whether to spend, whether only all windows together refuse, an instant
 * for tests in place of Redis's clock (empty: none), and length, block (milliseconds) and max of
 * each window. Answers whether the request is refused, and what remains and the milliseconds to
 * the reset of each window.
 */
const COUNT_SCRIPT = `
local BLOCKED = 4294967295
local spend = ARGV[1] == '1'
local only_all = ARGV[2] == '1'
local given = tonumber(ARGV[3])
local now = given
if not given then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local windows = (#ARGV - 3) / 3

local counts, ends = {}, {}
local stored = redis.pcall('GET', KEYS[1])
if type(stored) == 'string' then
  for count, at in string.gmatch(stored, '(%d+) (%d+)') do
    counts[#counts + 1] = tonumber(count)
    ends[#ends + 1] = tonumber(at)
  end
end
if #counts ~= windows then
  for w = 1, windows do counts[w] = 0; ends[w] = 0 end
end

local refusals = 0
local changed = false
for w = 1, windows do
  local length, block, max = ARGV[w * 3 + 1] + 0, ARGV[w * 3 + 2] + 0, ARGV[w * 3 + 3] + 0
  if ends[w] > 0 and now >= ends[w] then
    counts[w] = 0
    ends[w] = 0
    changed = spend
  elseif ends[w] - now > length then
    -- A block, or a clock that went backwards: the wait must not grow.
    local latest = now + length
    if counts[w] == BLOCKED then latest = now + block end
    if ends[w] > latest then
      ends[w] = latest
      changed = spend
    end
  end
  if counts[w] >= max then
    refusals = refusals + 1
    if spend and block > 0 and counts[w] ~= BLOCKED then
      counts[w] = BLOCKED
      ends[w] = now + block
      changed = true
    end
  end
end
local refused = refusals > 0
if only_all then refused = refusals == windows end

local answer = { refused and 1 or 0 }
local last = now
local record = {}
for w = 1, windows do
  local length, max = ARGV[w * 3 + 1] + 0, ARGV[w * 3 + 3] + 0
  if spend and not refused and counts[w] < max then
    if counts[w] == 0 then ends[w] = now + length end
    counts[w] = counts[w] + 1
    changed = true
  end
  if ends[w] > last then last = ends[w] end
  record[w] = string.format('%.0f %.0f', counts[w], ends[w])
  answer[#answer + 1] = math.max(0, max - counts[w])
  answer[#answer + 1] = math.max(0, ends[w] - now)
end
if changed then
  local text = table.concat(record, ' ')
  if given then
    redis.call('SET', KEYS[1], text)
  else
    -- A block that has just been taken away ends now, and Redis takes no 0.
    redis.call('SET', KEYS[1], text, 'PX', string.format('%.0f', math.max(1, last - now)))
  end
end
return answer
`;

const SHA = hash("sha1", COUNT_SCRIPT, "hex");
const windowArguments = new WeakMap<CompiledLimit, readonly string[]>();

/** How one request is counted. */
export interface Counting {
  readonly limit: CompiledLimit;
  /** The name in Redis. */
  readonly key: string;
  /** `false`: only looks. */
  readonly spend: boolean;
  /** Unix milliseconds in place of Redis's clock; then nothing expires. For tests. */
  readonly at?: number | undefined;
}

/** What the windows of a limit say, in the order of the limit. */
export interface Count {
  readonly refused: boolean;
  /** `remaining` and the milliseconds to the reset of each window in turn. */
  readonly numbers: readonly number[];
}

/** Sends a command to where its key lives. */
export type Send = (key: string, command: readonly string[]) => Promise<unknown>;

/** Counts in one round trip; in two when Redis does not know the script yet. */
export async function count(send: Send, counting: Counting): Promise<Count> {
  const { limit, key, spend, at } = counting;
  const flags = [spend ? "1" : "0", limit.refuseWhen === "all" ? "1" : "0", String(at ?? "")];
  const rest = ["1", key, ...flags, ...argumentsOf(limit)];
  try {
    return readCount(await send(key, ["EVALSHA", SHA, ...rest]), limit);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return readCount(await send(key, ["EVAL", COUNT_SCRIPT, ...rest]), limit);
  }
}

/** Whether Redis forgot the script, or never knew it: nothing was done. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

/** Whether Redis found the command itself wrong: it counts others all the same. */
export function isWrongCommand(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("ERR ");
}

function argumentsOf(limit: CompiledLimit): readonly string[] {
  let known = windowArguments.get(limit);
  if (known === undefined) {
    known = limit.windows.flatMap(({ max, windowSeconds, blockSeconds }) =>
      [windowSeconds * 1000, blockSeconds * 1000, max].map(String),
    );
    windowArguments.set(limit, known);
  }
  return known;
}

function readCount(answer: unknown, limit: CompiledLimit): Count {
  if (!Array.isArray(answer) || answer.length !== 1 + 2 * limit.windows.length) {
    throw new TypeError("Redis answered the count with something else");
  }
  const [refused, ...numbers] = answer.map(Number);
  return { refused: refused === 1, numbers };
}
