// Records for a lane that wait: for room in its ring, or until the shell has done what goes before
// them. Those of one connection keep their order; others do not wait for them.

/** A record for a lane. */
export interface OutRecord {
  /** A kind of TO_LANE. */
  readonly kind: number;
  readonly row: number;
  readonly generation: number;
  readonly octets: Uint8Array;
  /** The batch that has to be done before; 0 for none. */
  readonly after: number;
}

/** What waits for one lane. */
export interface Outbox {
  push(record: OutRecord): void;
  /**
   * Gives records out, as long as `send` takes them.
   *
   * @param done The last batch that is done; batches are done in their order
   * @param send False if there is no room; then nothing more is tried
   * @returns false if there was no room
   */
  flush(done: number, send: (record: OutRecord) => boolean): boolean;
  size(): number;
}

/** Makes an empty box. */
export function createOutbox(): Outbox {
  let waiting: OutRecord[] = [];

  function flush(done: number, send: (record: OutRecord) => boolean): boolean {
    const stopped = new Set<string>();
    const left: OutRecord[] = [];
    let hasRoom = true;
    for (const record of waiting) {
      const owner = `${record.row} ${record.generation}`;
      const mayGo = hasRoom && record.after <= done && !stopped.has(owner);
      if (mayGo && send(record)) continue;
      if (mayGo) hasRoom = false;
      stopped.add(owner);
      left.push(record);
    }
    waiting = left;
    return hasRoom;
  }

  return { push: (record) => void waiting.push(record), flush, size: () => waiting.length };
}
