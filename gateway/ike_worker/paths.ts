// The connections that the IKE worker knows, by their ids: the paths of the engine.

import { ENDS } from "../edges/ike_link.ts";
import type { Path } from "../ike/engine/actions.ts";
import { addressText } from "../model/address.ts";
import { connectionId } from "../model/connection_id.ts";
import { type SocketAddress, socketText } from "../model/socket_address.ts";

/** A connection, and where it is. */
export interface LanePath extends Path {
  readonly lane: number;
  readonly row: number;
  readonly generation: number;
}

/** The connections that have said something, or were opened by this side. */
export interface Paths {
  /** Takes a connection in, with its addresses as ENDS has them. */
  open(lane: number, place: Place, ends: Uint8Array): LanePath;
  /** Takes it out; undefined if it is not there. */
  close(place: Place): LanePath | undefined;
  at(place: Place): LanePath | undefined;
  of(id: number): LanePath | undefined;
}

/** Where a record says that it belongs. */
export interface Place {
  readonly row: number;
  readonly generation: number;
}

/** Makes an empty table. */
export function createPaths(): Paths {
  const known = new Map<number, LanePath>();

  function open(lane: number, { row, generation }: Place, ends: Uint8Array): LanePath {
    const id = connectionId(row, generation);
    const local = addressAt(ends, ENDS.LOCAL, ENDS.LOCAL_PORT);
    const remote = addressAt(ends, ENDS.REMOTE, ENDS.REMOTE_PORT);
    const path = { id, local, remote, lane, row, generation };
    known.set(id, path);
    return path;
  }

  function close({ row, generation }: Place): LanePath | undefined {
    const id = connectionId(row, generation);
    const path = known.get(id);
    known.delete(id);
    return path;
  }

  return {
    open,
    close,
    at: ({ row, generation }) => known.get(connectionId(row, generation)),
    of: (id) => known.get(id),
  };
}

function addressAt(ends: Uint8Array, at: number, portAt: number): SocketAddress {
  const octets = ends.slice(at, at + (ends[ENDS.FAMILY] === 6 ? 16 : 4));
  const port = (ends[portAt] ?? 0) * 256 + (ends[portAt + 1] ?? 0);
  const host = addressText(octets);
  return { octets, host, port, text: socketText(host, port) };
}
