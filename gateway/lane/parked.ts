// The upstream sockets that a lane has parked (`parking.ts`).

/** A socket that nobody uses. */
export interface Parked {
  readonly fd: number;
  /** The daemon has sent ESP to it, so its client was authenticated. */
  readonly hasEsp: boolean;
  /** When the daemon was last heard, or the connection ended; monotonic ms. */
  heardAt: number;
}

/** The parked sockets of a lane. */
export interface Parking {
  /** In the order in which they are looked into. */
  sockets: Parked[];
  /** Time of the next looks, monotonic ms. */
  lookAt: number;
  /** Earliest time at which other lanes are asked again, monotonic ms. */
  askAt: number;
}

/** Makes an empty parking. */
export function createParking(): Parking {
  return { sockets: [], lookAt: 0, askAt: 0 };
}
