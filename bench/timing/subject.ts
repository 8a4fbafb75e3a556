// What is timed: one call of the batch API, before which the same places of the memory were filled with other values.
//
// Both classes write to one place. What they copy lies in one pool, where members of both take turns, so that neither class has
// caches of its own; a wrong tag is made in place.

import {
  CONTEXT_LEN,
  JOB_CONTEXT,
  JOB_LEN,
  JOB_SOURCE,
  JOB_TAG,
  LANE_JOBS,
  SA_CONTEXT,
} from "../../ts-bindings/layout.ts";
import {
  type CoreBench,
  fillSlot,
  installSa,
  LANE,
  NOW,
  openCoreBench,
  receive,
} from "../kernels/core_bench.ts";
import {
  type Aead,
  frameOf,
  SPI,
  SPI_HELLO,
  type Workload,
  workloadOf,
} from "../kernels/workload.ts";

/** Something whose time must not depend on its class. */
export interface Subject {
  readonly name: string;
  /** As records call it. */
  readonly case: string;
  /** Takes values of class 0 or 1; `n` says which of the pool. Not timed. */
  choose(kind: number, n: number): void;
  run(): void;
}

/** Members of a class in the pool; a power of two. */
export const POOL = 16;

/** Octets of each packet. */
export const OCTETS = 256;
const TAG_LEN = 16;

/** Sealing: a fixed key against random ones, and a fixed plaintext against random ones. */
export async function openSealing(aead: Aead): Promise<readonly Subject[]> {
  const bench = await openCoreBench();
  const workload = _small(workloadOf(aead, OCTETS));
  _greet(bench, workload);
  const contexts = _contexts(bench, workload);
  installSa(bench, { direction: "outbound", spi: SPI }, workload);
  workload.packets.forEach(({ plain }, slot) => fillSlot(bench, slot, plain.subarray(0, -2)));
  bench.core.slots_in(LANE, workload.packets.length);
  if (bench.core.outbound_next(LANE, NOW) !== bench.conn) throw new Error("Cannot seal: no path");
  const jobs = workload.packets.map((_, n) => bench.block + LANE_JOBS + n * JOB_LEN);
  const word = (at: number): number => bench.views.u32[at / 4] ?? 0;
  const keyAt = word((jobs[0] ?? 0) + JOB_CONTEXT);
  const sources = jobs.map((job) => word(job + JOB_SOURCE));
  const plaintexts = _pool(() => crypto.getRandomValues(new Uint8Array(OCTETS)));
  const run = (): void => bench.core.outbound_seal(LANE);
  return [
    {
      name: `seal ${aead}: fixed or random plaintext`,
      case: `seal/plaintext ${aead} ${OCTETS}`,
      choose: (kind, n) => {
        const plaintext = plaintexts[2 * n + kind];
        for (const at of sources) if (plaintext !== undefined) bench.views.u8.set(plaintext, at);
      },
      run,
    },
    {
      name: `seal ${aead}: fixed or random key`,
      case: `seal/key ${aead} ${OCTETS}`,
      choose: (kind, n) => {
        const context = contexts[2 * n + kind];
        if (context !== undefined) bench.views.u8.set(context, keyAt);
      },
      run,
    },
  ];
}

/** Opening: a tag that is wrong in its first octet against one that is wrong in its last. */
export async function openOpening(aead: Aead): Promise<Subject> {
  const bench = await openCoreBench();
  const workload = _small(workloadOf(aead, OCTETS));
  installSa(bench, { direction: "inbound", spi: SPI }, workload);
  receive(bench, _joined(workload.packets.map(frameOf)));
  bench.core.inbound(LANE, bench.conn, NOW);
  const tagsAt = workload.packets.map((_, n) =>
    bench.views.u32[(bench.block + LANE_JOBS + n * JOB_LEN + JOB_TAG) / 4] ?? 0
  );
  let wrongAt = 0;
  for (const at of tagsAt) _spoil(bench, at + wrongAt);
  return {
    name: `open ${aead}: tag wrong in its first or its last octet`,
    case: `open/tag ${aead} ${OCTETS}`,
    choose: (kind) => {
      for (const at of tagsAt) _spoil(bench, at + wrongAt);
      wrongAt = kind * (TAG_LEN - 1);
      for (const at of tagsAt) _spoil(bench, at + wrongAt);
    },
    run: () => bench.core.inbound_open(LANE),
  };
}

/** A comparison that ends at the first difference: what the method must find. */
export function leakyComparison(): Subject {
  const tag = crypto.getRandomValues(new Uint8Array(TAG_LEN));
  const wrong = [0, TAG_LEN - 1].map((octet) =>
    tag.map((value, at) => at === octet ? value ^ 0x55 : value)
  );
  let received = tag;
  let equal = 0;
  return {
    name: "self-check: a comparison that ends early",
    case: `compare/leaky none ${OCTETS}`,
    choose: (kind) => {
      received = wrong[kind] ?? tag;
    },
    run: () => {
      for (let round = 0; round < 256; round += 1) {
        let at = 0;
        while (at < TAG_LEN && tag[at] === received[at]) at += 1;
        if (at === TAG_LEN) equal += 1;
      }
      if (equal > 0) throw new Error("Cannot compare: both are wrong");
    },
  };
}

/** Makes an octet wrong, or right again. */
function _spoil({ views }: CoreBench, at: number): void {
  views.u8[at] = (views.u8[at] ?? 0) ^ 0x55;
}

/** Few packets: a time of some microseconds. */
function _small(workload: Workload): Workload {
  return { ...workload, packets: workload.packets.slice(0, 8) };
}

/** Keys made ready by the core, then forgotten by it: class 0 is one key again and again. */
function _contexts(bench: CoreBench, workload: Workload): Uint8Array[] {
  return _pool(() => {
    const key = crypto.getRandomValues(new Uint8Array(workload.key.length));
    installSa(bench, { direction: "outbound", spi: SPI + 2 }, { ...workload, key });
    const at = bench.core.sa_row(bench.core.sa_find(SPI + 2)) + SA_CONTEXT;
    const context = bench.views.u8.slice(at, at + CONTEXT_LEN);
    bench.core.sa_remove(SHELL, SPI + 2);
    return context;
  });
}

/** Class 0 at even places: copies of one value; class 1 at odd places: values of their own. */
function _pool(make: () => Uint8Array): Uint8Array[] {
  const fixed = make();
  const pool = new Uint8Array(2 * POOL * fixed.length);
  return Array.from({ length: 2 * POOL }, (_, place) => {
    const member = pool.subarray(place * fixed.length, (place + 1) * fixed.length);
    member.set(place % 2 === 0 ? fixed : make());
    return member;
  });
}

/** A first packet from the peer gives it a path. */
function _greet({ core, ...rest }: CoreBench, workload: Workload): void {
  const bench = { core, ...rest };
  installSa(bench, { direction: "inbound", spi: SPI_HELLO }, workload);
  receive(bench, frameOf(workload.hello));
  core.inbound(LANE, bench.conn, NOW);
  core.inbound_open(LANE);
  if (core.inbound_finish(LANE, bench.conn, NOW) !== 1) throw new Error("Cannot open a packet");
  core.rx_release(LANE, bench.conn, -1);
}

function _joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The shell's block is behind that of the one lane. */
const SHELL = LANE + 1;
