// Reads the part of an SA that lanes change.

import {
  SA_EXPIRED,
  SA_OCTETS,
  SA_PACKETS,
  SA_SEQUENCE,
  SA_SOFT,
  SA_STATE,
  SA_UNTOLD,
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

/** Whether the SA at offset `at` has reached a hard limit, and nothing of it is left to be told. */
export function hasEnded(views: MemoryViews, at: number): boolean {
  return readU32(views, at + SA_STATE) === SA_EXPIRED && readU32(views, at + SA_UNTOLD) === 0;
}

function stateName(state: number): SaView["state"] {
  if (state === SA_SOFT) return "soft";
  return state === SA_EXPIRED ? "expired" : "active";
}
