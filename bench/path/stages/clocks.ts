// Puts a clock around each of a lane's calls, to show where the processor time of a packet goes.
// Lane, core and kernel are the real ones. The clock is the thread's own processor time, so that
// other work on the machine is not counted. The cost of reading the clock is measured and
// subtracted.

// deno-lint-ignore-file culvert/max-params -- parameters are those of libc and of the core

import type { Core } from "../../../ts-bindings/core.ts";
import type { NativeBatches } from "../../../gateway/engine/native.ts";
import type { LaneLibc } from "../../../gateway/lane/libc.ts";
import { type Stage, STAGES } from "./stage.ts";

/** Milliseconds of each stage. Stages that never ran are absent. */
export type StageTimes = Partial<Record<Stage, number>>;

/** What a lane calls. */
export interface Callees {
  readonly core: Core;
  readonly libc: LaneLibc;
  readonly native: NativeBatches | null;
}

/** The same calls with clocks around them. */
export interface Clocks extends Callees {
  /** Returns the times since the last call. */
  take(): StageTimes;
}

/** Puts clocks around everything that a lane calls. `now` is this thread's processor time in ms. */
export function layClocks({ core, libc, native }: Callees, now: () => number): Clocks {
  const spent = new Float64Array(STAGES.length);
  const calls = new Float64Array(STAGES.length);
  let since = now();

  function spend(slot: number, from: number): void {
    spent[slot] = (spent[slot] ?? 0) + now() - from;
    calls[slot] = (calls[slot] ?? 0) + 1;
  }

  const nowMs = costOf(now);
  return {
    core: clockedCore(core, { now, spend }),
    libc: clockedLibc(libc, { now, spend }),
    native: native === null ? null : clockedNative(native, { now, spend }),
    take(): StageTimes {
      const until = now();
      const times = timesOf({ elapsed: until - since, spent, calls, nowMs });
      since = until;
      spent.fill(0);
      calls.fill(0);
      return times;
    },
  };
}

interface Clock {
  readonly now: () => number;
  readonly spend: (slot: number, from: number) => void;
}

/**
 * System calls of the data path. Each is written out, because a call site that meets several
 * functions loses Deno's fast call.
 */
function clockedLibc(libc: LaneLibc, { now, spend }: Clock): LaneLibc {
  return {
    ...libc,
    epoll_wait(epfd, events, max, timeoutMs): number {
      const from = now();
      const count = libc.epoll_wait(epfd, events, max, timeoutMs);
      spend(WAIT, from);
      return count;
    },
    read(fd, address, len): number {
      const from = now();
      const octets = libc.read(fd, address, len);
      spend(TUN_READ, from);
      return octets;
    },
    readv(fd, iov, count): number {
      const from = now();
      const octets = libc.readv(fd, iov, count);
      spend(TCP_READ, from);
      return octets;
    },
    recvmmsg(fd, messages, count, flags, timeout): number {
      const from = now();
      const taken = libc.recvmmsg(fd, messages, count, flags, timeout);
      spend(UDP_RECEIVE, from);
      return taken;
    },
    sendmmsg(fd, messages, count, flags): number {
      const from = now();
      const taken = libc.sendmmsg(fd, messages, count, flags);
      spend(UDP_SEND, from);
      return taken;
    },
    sendmsg(fd, message, flags): number {
      const from = now();
      const octets = libc.sendmsg(fd, message, flags);
      spend(TCP_SEND, from);
      return octets;
    },
    writev(fd, iov, count): number {
      const from = now();
      const octets = libc.writev(fd, iov, count);
      spend(TUN_WRITE, from);
      return octets;
    },
  };
}

/** The native engine's two batches. */
function clockedNative({ library, handle }: NativeBatches, { now, spend }: Clock): NativeBatches {
  return {
    handle,
    library: {
      ...library,
      culvert_engine_open(memory, block): number {
        const from = now();
        const result = library.culvert_engine_open(memory, block);
        spend(AEAD, from);
        return result;
      },
      culvert_engine_seal(memory, block): number {
        const from = now();
        const result = library.culvert_engine_seal(memory, block);
        spend(AEAD, from);
        return result;
      },
    },
  };
}

/** The core's exports of the data path. Exports that run once for each connection have no clock. */
function clockedCore(core: Core, { now, spend }: Clock): Core {
  const clocked: Record<string, (a: number, b: number, c: number, d: number) => number> = {};
  for (const [stage, names] of Object.entries(EXPORTS)) {
    const slot = STAGES.indexOf(stage as Stage);
    for (const name of names) {
      const call = core[name] as (a: number, b: number, c: number, d: number) => number;
      clocked[name] = (a, b, c, d): number => {
        const from = now();
        const result = call(a, b, c, d);
        spend(slot, from);
        return result;
      };
    }
  }
  return { ...core, ...clocked };
}

interface Gathered {
  readonly elapsed: number;
  readonly spent: Float64Array;
  readonly calls: Float64Array;
  readonly nowMs: number;
}

/**
 * Subtracts the cost of the clock. Of the two readings around a call, one counts into its stage and
 * one into the rest.
 */
function timesOf({ elapsed, spent, calls, nowMs }: Gathered): StageTimes {
  const times: StageTimes = {};
  let rest = elapsed;
  STAGES.forEach((stage, slot) => {
    const count = calls[slot] ?? 0;
    const ms = spent[slot] ?? 0;
    rest -= ms + count * nowMs;
    if (count > 0) times[stage] = Math.max(ms - count * nowMs, 0);
  });
  return { ...times, rest: Math.max(rest, 0) };
}

/** Milliseconds that one reading of the clock takes. */
function costOf(now: () => number): number {
  const start = now();
  for (let i = 1; i < READINGS; i++) now();
  return (now() - start) / READINGS;
}

const READINGS = 200_000;

/** Exports by stage; bench/path/README.md says what each is. */
const EXPORTS: Readonly<Partial<Record<Stage, readonly (keyof Core)[]>>> = {
  framing: ["rx_prepare", "rx_commit", "rx_len", "rx_skip", "rx_release", "rx_rest", "inbound"],
  aead: ["inbound_open", "outbound_seal"],
  checks: ["inbound_finish"],
  join: ["inner_plan"],
  queue: [
    ...["slots_in", "echo_in", "outbound_next", "outbound_commit"] as const,
    ...["tx_lock", "tx_plan", "tx_sent", "tx_unlock"] as const,
    ...["upstream_begin", "upstream_in", "upstream_end"] as const,
  ],
};

const AEAD = STAGES.indexOf("aead");
const TCP_READ = STAGES.indexOf("tcp-read");
const TUN_WRITE = STAGES.indexOf("tun-write");
const TUN_READ = STAGES.indexOf("tun-read");
const TCP_SEND = STAGES.indexOf("tcp-send");
const UDP_SEND = STAGES.indexOf("udp-send");
const UDP_RECEIVE = STAGES.indexOf("udp-receive");
const WAIT = STAGES.indexOf("wait");
