// A lane's end of the link to the IKE of this process.

import { createRecord, type RingRecord } from "../edges/byte_ring.ts";
import type { IkeEndpoint } from "../edges/ike_endpoint.ts";
import { ENDS, type OpenLink, openLink } from "../edges/ike_link.ts";
import type { Connection } from "./connection.ts";

/** A lane's end of its link. */
export interface Inside {
  readonly link: OpenLink;
  readonly ikeEventfd: number;
  /** The record that is written or read. */
  readonly record: RingRecord;
  /** Where the addresses of a connection are laid out. */
  readonly ends: Uint8Array;
  /** Connections whose messages have found no room. */
  held: Set<Connection>;
  /** Connections of this side that IKE has not been told of, for want of room. */
  untold: Set<Connection>;
  /** Rows and generations of ended connections that IKE has not been told of, in pairs. */
  readonly ended: number[];
  /** Records were written in this turn, or room was made: IKE has to be woken. */
  hasWritten: boolean;
  /** There may be records to read. */
  isReadable: boolean;
}

/** Opens the link; null if IKE is not in this process. */
export function openInside(ike: IkeEndpoint): Inside | null {
  if (ike.kind !== "inside") return null;
  return {
    link: openLink(ike.link),
    ikeEventfd: ike.link.ikeEventfd,
    record: createRecord(),
    ends: new Uint8Array(ENDS.LEN),
    held: new Set(),
    untold: new Set(),
    ended: [],
    hasWritten: false,
    isReadable: false,
  };
}
