import { hash } from "node:crypto";
import type { CompiledLimit, Slice, SliceSize } from "@latchkey/engine";

/**
 * Counts requests in every fixed window of a limit, or in none, exactly as the counters in memory
 * do: those that wait, each by itself, and those that can be lent ahead. A key holds `count end` for
 * each window in turn: requests spent, and the Unix milliseconds at which the window or its block
 * ends, by Redis's clock. It expires with the last. What is under the key and cannot be read so counts
 * as nothing, and is replaced.
 *
 * KEYS: the counters. ARGV: how many wait (0: only looks), how many to lend at most, and how many
 * times over the rest must suffice for them; whether only all windows together refuse; an instant
 * for tests in place of Redis's clock (empty: none); length, block (milliseconds) and max of each
 * window. Answers whether one that waits is refused, how many are granted and lent, and what
 * remains and the milliseconds to the reset of each window.
 */
const COUNT_SCRIPT = `
local BLOCKED = 4294967295
local need, spare, share = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0
local only_all = ARGV[4] == '1'
local given = tonumber(ARGV[5])
local now = given
if not given then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local windows = (#ARGV - 5) / 3

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

local changed = false
local left, passes = {}, nil
for w = 1, windows do
  local length, block, max = ARGV[w * 3 + 3] + 0, ARGV[w * 3 + 4] + 0, ARGV[w * 3 + 5] + 0
  if ends[w] > 0 and now >= ends[w] then
    counts[w] = 0
    ends[w] = 0
    changed = need > 0
  elseif ends[w] - now > length then
    -- A block, or a clock that went backwards: the wait must not grow.
    local latest = now + length
    if counts[w] == BLOCKED then latest = now + block end
    if ends[w] > latest then
      ends[w] = latest
      changed = need > 0
    end
  end
  left[w] = math.max(0, max - counts[w])
  if not passes or (only_all and left[w] > passes) or (not only_all and left[w] < passes) then
    passes = left[w]
  end
end
local granted = math.min(need, passes)
local lent = math.min(spare, math.floor((passes - granted) / share))
local refused = granted < need or (need == 0 and passes == 0)

local answer = { refused and 1 or 0, granted, lent }
local last = now
local record = {}
for w = 1, windows do
  local length, block, max = ARGV[w * 3 + 3] + 0, ARGV[w * 3 + 4] + 0, ARGV[w * 3 + 5] + 0
  local spent = math.min(left[w], granted + lent)
  if spent > 0 then
    if counts[w] == 0 then ends[w] = now + length end
    counts[w] = counts[w] + spent
    changed = true
  end
  -- One that waited found it exhausted.
  if block > 0 and need > left[w] and granted >= left[w] and counts[w] ~= BLOCKED then
    counts[w] = BLOCKED
    ends[w] = now + block
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

/** What is counted. */
export interface Counting {
  readonly limit: CompiledLimit;
  /** The name in Redis. */
  readonly key: string;
  readonly size: SliceSize;
  /** Unix milliseconds in place of Redis's clock; then nothing expires. For tests. */
  readonly at?: number | undefined;
}

/** What the windows of a limit say, in the order of the limit. */
export interface Count extends Pick<Slice, "granted" | "lent"> {
  readonly refused: boolean;
  /** `remaining` and the milliseconds to the reset of each window in turn. */
  readonly numbers: readonly number[];
}

/** Sends a command to where its key lives. */
export type Send = (key: string, command: readonly string[]) => Promise<unknown>;

/** Counts in one round trip; in two when Redis does not know the script yet. */
export async function count(send: Send, counting: Counting): Promise<Count> {
  const { limit, key, size, at } = counting;
  const { need, spare, share } = size;
  // What is to suffice without end suffices for nothing.
  const sizes = [need, share === Number.POSITIVE_INFINITY ? 0 : spare, Math.min(share, 1e9)];
  const flags = [...sizes.map(String), limit.refuseWhen === "all" ? "1" : "0", String(at ?? "")];
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
  if (!Array.isArray(answer) || answer.length !== 3 + 2 * limit.windows.length) {
    throw new TypeError("Redis answered the count with something else");
  }
  const [refused, granted = 0, lent = 0, ...numbers] = answer.map(Number);
  return { refused: refused === 1, granted, lent, numbers };
}
