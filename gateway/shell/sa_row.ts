// Reads the part of an SA that lanes change.

import {
  SA_EXPIRED,
  SA_OCTETS,
  SA_PACKETS,
  SA_SEQUENCE,
  SA_SOFT,
  SA_STATE,
  SA_VALID_AT,
} from "../../ts-bindings/layout.ts";
import type { SaView } from "../model/sa_view.ts";
import { type MemoryViews, readF64, readU32, readU64 } from "./memory_views.ts";

/** The live part of an SA. */
export interface SaLive extends Pick<SaView, "state" | "sequence" | "packets" | "octets"> {
  /** Monotonic ms of the last valid packet, 0 if none. */
  readonly validAt: number;
}

/** Reads the SA whose row is at offset `at`, octets. */
export function readSa(views: MemoryViews, at: number): SaLive {
  return {
    state: stateName(readU32(views, at + SA_STATE)),
    sequence: readU64(views, at + SA_SEQUENCE),
    packets: readU64(views, at + SA_PACKETS),
    octets: readU64(views, at + SA_OCTETS),
    validAt: readF64(views, at + SA_VALID_AT),
  };
}

function stateName(state: number): SaView["state"] {
  if (state === SA_SOFT) return "soft";
  return state === SA_EXPIRED ? "expired" : "active";
}
