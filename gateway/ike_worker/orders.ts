// Orders in a ring of shared memory. An order is as long as it has to be: a plan has thousands of
// peers. So it goes in parts, and the last one says so.

import { deserialize, serialize } from "node:v8";
import {
  type ByteRing,
  consumeRecord,
  copyRecord,
  createRecord,
  lookAtRecord,
  pushRecord,
  wipeRecord,
} from "../edges/byte_ring.ts";
import type { IkeOrder } from "./init.ts";

/** The writer's end. */
export interface OrderWriter {
  /** Appends an order; its octets wait here if the ring has no room. */
  push(order: IkeOrder): void;
  /** Writes what waits, as far as there is room; true if nothing is left. */
  flush(): boolean;
}

/** Octets for orders in the ring. */
export const ORDERS_LEN = 65_536;

/** Opens the writer's end. */
export function openOrderWriter(ring: ByteRing): OrderWriter {
  const record = createRecord();
  const waiting: Uint8Array[] = [];
  let sent = 0;

  function push(order: IkeOrder): void {
    waiting.push(serialize(order));
    flush();
  }

  function flush(): boolean {
    for (let octets = waiting[0]; octets !== undefined; octets = waiting[0]) {
      const len = Math.min(octets.length - sent, PART_LEN_MAX);
      record.kind = sent + len === octets.length ? LAST : PART;
      record.source = octets;
      record.at = sent;
      record.len = len;
      if (!pushRecord(ring, record)) return false;
      sent += len;
      if (sent < octets.length) continue;
      // A plan has secrets.
      octets.fill(0);
      waiting.shift();
      sent = 0;
    }
    return true;
  }

  return { push, flush };
}

/** Opens the reader's end. The result returns the next whole order, undefined if there is none. */
export function openOrderReader(ring: ByteRing): () => IkeOrder | undefined {
  const record = createRecord();
  let parts: Uint8Array[] = [];

  return (): IkeOrder | undefined => {
    while (lookAtRecord(ring, record)) {
      const part = new Uint8Array(record.len);
      copyRecord(ring, part, 0);
      wipeRecord(ring);
      consumeRecord(ring);
      parts.push(part);
      if (record.kind !== LAST) continue;
      const octets = Buffer.concat(parts);
      // Deno's octets of a value lie in those that it was read from, which are wiped next.
      const order = structuredClone(deserialize(octets) as IkeOrder);
      for (const used of [octets, ...parts]) used.fill(0);
      parts = [];
      return order;
    }
    return undefined;
  };
}

/** Kinds of records. */
const PART = 0;
const LAST = 1;

/** Most octets of one record. */
const PART_LEN_MAX = 16_384;
