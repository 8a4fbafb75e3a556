// Measures a tunnel from inside: the echo host of this side pings a host behind the other one.

import { BATCH_MAX } from "../../ts-bindings/layout.ts";
import { COMMAND_PING, COMMAND_PING_FROM } from "../lane/commands.ts";
import type { PongsNotice } from "../lane/init.ts";
import type { IpAddress } from "../model/address.ts";
import type { Lanes } from "./lanes.ts";

/** Times there and back. */
export interface RoundTrips {
  readonly sent: number;
  readonly received: number;
  /** Shortest, mean and longest, ms; NaN without a reply. */
  readonly minMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

/** What has come back of as many packets as the tunnel took. */
export interface Throughput {
  /** Octets of inner packets that came back; as many went there. */
  readonly octets: number;
  readonly ms: number;
  readonly sent: number;
  readonly received: number;
}

/** Pings by the first lane, which has the connection. One measurement at a time. */
export interface Pinger {
  /** The address of the echo host. */
  use(source: IpAddress): void;
  /** Pings one by one. */
  roundTrips(to: IpAddress, count: number): Promise<RoundTrips>;
  /** Keeps the tunnel full of pings of `len` octets for `durationMs`. */
  throughput(
    to: IpAddress,
    options: { readonly len: number; readonly durationMs: number },
  ): Promise<Throughput>;
  /** Takes what a lane has told. */
  hear(notice: PongsNotice): void;
}

export interface PingerOptions {
  readonly command: Lanes["command"];
  /** Monotonic ms. */
  readonly clock: () => number;
}

/** Octets of a ping that measures time, and how long its reply may take, ms. */
const PING_LEN = 84;
const REPLY_MS = 2000;

/** Pings without any reply after which a host is not asked any more. One may be lost. */
const SILENT_MAX = 3;

/** Silence after which everything on its way counts as lost, ms. */
const STALL_MS = 1000;

/** Pings on their way: at first, at least and at most. Numbers of requests have 16 bits. */
const WINDOW_START = 32;
const WINDOW_MIN = 8;
const WINDOW_MAX = 8192;

/** Makes a pinger. */
export function createPinger({ command, clock }: PingerOptions): Pinger {
  const state: State = { command, clock, total: NONE, sent: 0, wake: () => undefined };
  return {
    use(source): void {
      command(0, [COMMAND_PING_FROM, ...words(source)]);
      state.sent = 0;
    },
    roundTrips: (to, count) => roundTrips(state, to, count),
    throughput: (to, options) => throughput(state, to, options),
    hear(notice): void {
      state.total = sumOf(state.total, notice);
      state.wake();
    },
  };
}

interface State extends PingerOptions {
  /** Replies of the measurement that is under way. */
  total: Total;
  /** Requests since the address was set. */
  sent: number;
  /** Ends the wait for a reply. */
  wake: () => void;
}

async function roundTrips(state: State, to: IpAddress, count: number): Promise<RoundTrips> {
  state.total = NONE;
  for (let i = 1; i <= count; i++) {
    send(state, to, { count: 1, len: PING_LEN });
    await reply(state, REPLY_MS);
    if (state.total.count === 0 && i === SILENT_MAX) return timesOf(state.total, i);
  }
  return timesOf(state.total, count);
}

async function throughput(
  state: State,
  to: IpAddress,
  { len, durationMs }: { readonly len: number; readonly durationMs: number },
): Promise<Throughput> {
  const { clock } = state;
  state.total = NONE;
  const before = state.sent;
  const startedAt = clock();
  const flow: Flow = { window: WINDOW_START, limit: Infinity, answered: before, cutAt: before };
  for (let left = durationMs; left > 0; left = startedAt + durationMs - clock()) {
    send(state, to, { count: Math.floor(flow.window) - (state.sent - flow.answered), len });
    const { count } = state.total;
    await reply(state, Math.min(STALL_MS, left));
    follow(flow, state, state.total.count - count);
  }
  const { count: received, octets } = state.total;
  return { octets, ms: clock() - startedAt, sent: state.sent - before, received };
}

/** How many pings may be on their way, by the rules of TCP's congestion control (RFC 5681 §3.1). */
interface Flow {
  window: number;
  /** Where the window begins to grow slowly. */
  limit: number;
  /** Requests before this one are answered or lost: replies come in order. */
  answered: number;
  /** The window is not cut again for a request before this one. */
  cutAt: number;
}

/** Takes `news` replies, or a silence, into account. */
function follow(flow: Flow, { sent, total }: State, news: number): void {
  const { answered, window, limit } = flow;
  const next = news === 0 ? sent : nextOf(total.sequence, { answered, sent });
  const hasLost = next - answered > news && next > flow.cutAt;
  flow.answered = next;
  if (hasLost) {
    flow.limit = flow.window = Math.max(window / 2, WINDOW_MIN);
    flow.cutAt = sent;
    return;
  }
  flow.window = Math.min(window + (window < limit ? news : news / window), WINDOW_MAX);
}

/** Sends up to `count` pings: as many as the lane has room for orders. */
function send(
  state: State,
  to: IpAddress,
  { count, len }: { readonly count: number; readonly len: number },
): void {
  for (let taken = 0; taken < count;) {
    const some = Math.min(count - taken, BATCH_MAX);
    if (!state.command(0, [COMMAND_PING, some, len, ...words(to)])) return;
    taken += some;
    state.sent += some;
  }
}

/** Resolves with the next reply, or after `ms`. */
async function reply(state: State, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    state.wake = resolve;
    timer = setTimeout(resolve, ms);
  });
  clearTimeout(timer);
}

type Total = Omit<PongsNotice, "kind">;

const NONE: Total = { count: 0, octets: 0, sumMs: 0, minMs: Infinity, maxMs: 0, sequence: 0 };

function sumOf(total: Total, notice: PongsNotice): Total {
  return {
    count: total.count + notice.count,
    octets: total.octets + notice.octets,
    sumMs: total.sumMs + notice.sumMs,
    minMs: Math.min(total.minMs, notice.minMs),
    maxMs: Math.max(total.maxMs, notice.maxMs),
    sequence: notice.sequence,
  };
}

function timesOf({ count, sumMs, minMs, maxMs }: Total, sent: number): RoundTrips {
  const has = count > 0;
  return {
    sent,
    received: count,
    minMs: has ? minMs : NaN,
    meanMs: sumMs / count,
    maxMs: has ? maxMs : NaN,
  };
}

/** The first request that is not over with the reply to number `sequence`. */
function nextOf(
  sequence: number,
  { answered, sent }: { readonly answered: number; readonly sent: number },
): number {
  const over = (sequence + 1 - answered) & 0xffff;
  // A reply that was counted as lost comes late.
  return over > sent - answered ? answered : answered + over;
}

/** Four words of 16 octets, with an IPv4 address mapped (RFC 4291 §2.5.5.2). */
function words({ octets }: IpAddress): number[] {
  const mapped = octets.length === 4
    ? Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...octets)
    : Uint8Array.from(octets);
  return [...new Int32Array(mapped.buffer)];
}
