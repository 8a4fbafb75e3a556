// A lane whose IKE is in this process, with the far end of the link in the test's hands.

import { ok } from "node:assert/strict";
import {
  type ByteRing,
  consumeRecord,
  copyRecord,
  createRecord,
  lookAtRecord,
  pushRecord,
} from "../../../gateway/edges/byte_ring.ts";
import { createLink, type IkeLink, openLink } from "../../../gateway/edges/ike_link.ts";
import { ORDER_COLLECT } from "../../../gateway/lane/commands.ts";
import type { LaneInit } from "../../../gateway/lane/init.ts";
import { type EventfdEnd, eventfdEnd, openEnd } from "../../fakes/kernel/descriptors.ts";
import { type LaneRig, startLaneRig } from "./rig.ts";

/** A record of a link. */
export interface LinkRecord {
  readonly kind: number;
  readonly row: number;
  readonly generation: number;
  readonly octets: readonly number[];
}

/** A lane, and the far end of its link. */
export interface InsideRig {
  readonly rig: LaneRig;
  /** The eventfd by which the lane wakes IKE. */
  readonly woken: EventfdEnd;
  /** The ring that the lane fills. */
  readonly toIke: ByteRing;
  /** The next record from the lane; undefined if there is none. */
  next(): LinkRecord | undefined;
  /** Everything that the lane has written so far. */
  all(): LinkRecord[];
  /** Gives the lane a record, and wakes it. */
  give(record: LinkRecord): void;
  /** Wakes the lane. */
  wake(): void;
}

/** Starts a lane. */
export async function startInsideRig(init: Partial<LaneInit> = {}): Promise<InsideRig> {
  const woken = eventfdEnd();
  let link: IkeLink | undefined;
  // The core needs only the kinds of the ends; the link needs a descriptor of the fake kernel.
  const rig = await startLaneRig(
    { ...init, ike: { kind: "inside", link: createLink(-1) }, unknownSpi: { kind: "drop" } },
    (kernel) => {
      link = createLink(openEnd(kernel, woken));
      return { ike: { kind: "inside", link } };
    },
  );
  ok(link !== undefined);
  const { toIke, toLane } = openLink(link);

  function next(): LinkRecord | undefined {
    const record = createRecord();
    if (!lookAtRecord(toIke, record)) return undefined;
    const octets = new Uint8Array(record.len);
    copyRecord(toIke, octets, 0);
    consumeRecord(toIke);
    const { kind, row, generation } = record;
    return { kind, row, generation, octets: [...octets] };
  }

  function all(): LinkRecord[] {
    const records: LinkRecord[] = [];
    for (let record = next(); record !== undefined; record = next()) records.push(record);
    return records;
  }

  // An order that does nothing here has the eventfd written.
  const wake = (): void => rig.order(ORDER_COLLECT);

  function give({ octets, ...head }: LinkRecord): void {
    const source = Uint8Array.from(octets);
    ok(pushRecord(toLane, { ...head, source, at: 0, len: source.length }), "there is room");
    wake();
  }

  return { rig, woken, toIke, next, all, give, wake };
}
