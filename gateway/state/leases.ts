// Which identity has which inner address, kept over restarts. Losing the last second of it costs a
// client its address, and nothing else.

import * as z from "zod";
import { KEPT_MAX, type Lease } from "../ike/leases/book.ts";
import { type IpAddress, parseAddress } from "../model/address.ts";
import type { PrivateFolder } from "../runtime/types.ts";
import { readRecord, recordOctets } from "./record.ts";

const FILE = "leases.json";

const LEASES = z.strictObject({
  /** Pairs of an identity and an address, the oldest first. */
  leases: z.array(z.tuple([z.string(), z.string()])),
});

/** Keeps leases. */
export interface LeaseKeeper {
  /** What was kept before, oldest first. */
  readonly known: readonly Lease[];
  /** Keeps a lease, within a second. */
  note(lease: Lease): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

/** What a keeper works with. */
export interface LeaseKeeperOptions {
  readonly folder: PrivateFolder;
  /** Hears once when leases cannot be written; they are tried again. */
  readonly onTrouble: (reason: string) => void;
}

/**
 * Opens the leases of a state.
 *
 * @throws {Error} If the file is damaged or cannot be read
 */
export async function openLeases(options: LeaseKeeperOptions): Promise<LeaseKeeper> {
  const { folder, onTrouble } = options;
  const record = await readRecord(folder, FILE, LEASES);
  const known = (record?.leases ?? []).flatMap(leaseOf);
  const kept = new Map(known.map((lease) => [lease.address.text, lease.identity]));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isTroubled = false;
  let isClosed = false;

  function note({ identity, address }: Lease): void {
    kept.delete(address.text);
    kept.set(address.text, identity);
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_MAX) break;
      kept.delete(oldest);
    }
    timer ??= setTimeout(flush, PAUSE_MS);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
  }

  async function write(): Promise<void> {
    const leases = [...kept].map(([address, identity]) => [identity, address]);
    try {
      await folder.replace(FILE, recordOctets({ leases }));
      isTroubled = false;
    } catch (error) {
      if (!isTroubled) onTrouble(error instanceof Error ? error.message : String(error));
      isTroubled = true;
      if (!isClosed) timer ??= setTimeout(flush, RETRY_MS);
    }
  }

  return {
    known,
    note,
    async close(): Promise<void> {
      isClosed = true;
      if (timer !== undefined) flush();
      await writing;
    },
  };
}

function leaseOf([identity, text]: readonly [string, string]): readonly Lease[] {
  const address: IpAddress | undefined = parseAddress(text);
  return address === undefined ? [] : [{ identity, address }];
}

/** How long leases are collected before they are written, ms. */
const PAUSE_MS = 1000;

/** How long a write that failed waits for the next try, ms. */
const RETRY_MS = 10_000;
