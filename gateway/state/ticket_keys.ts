// Keys that seal the tickets of session resumption (RFC 5723 §6). Clients come back with a ticket
// after a restart too, so the keys outlive the process; a key that is lost costs a whole handshake.

import { Buffer } from "node:buffer";
import * as z from "zod";
import type { TicketKey } from "../ike/tickets/ticket.ts";
import { readRecord, recordOctets } from "./record.ts";
import type { StateTools } from "./server.ts";

const FILE = "tickets.json";

const KEY_LEN = 32;

const KEYS = z.strictObject({
  /** The newest first. */
  keys: z.array(z.strictObject({
    id: z.int().min(0).max(0xffff_ffff),
    key: z.base64().transform((text) => Uint8Array.from(Buffer.from(text, "base64")))
      .refine((key) => key.length === KEY_LEN),
    createdAt: z.iso.datetime(),
  })),
});

/** How long a ticket may come, ms. */
export const TICKET_MS = 86_400_000;

/** How long a key seals, ms. It opens for as long again as the last ticket that it has sealed. */
const SEALING_MS = 86_400_000;

/** The keys of a state. */
export interface TicketKeys {
  /** The keys now, the one that seals first. They are its own, and wiped by `close`. */
  keys(): readonly TicketKey[];
  /** Whether another key has to seal. */
  isDue(): boolean;
  /** Makes one if it is due. */
  renew(): Promise<void>;
  /** Wipes all. */
  close(): void;
}

type Kept = z.output<typeof KEYS>["keys"][number];

/**
 * Opens the keys of a state, and makes the first one.
 *
 * @throws {Error} If the file is damaged, or cannot be read or written
 */
export async function openTicketKeys(
  { folder, random, date }: StateTools & { readonly date: () => Date },
): Promise<TicketKeys> {
  let kept: readonly Kept[] = (await readRecord(folder, FILE, KEYS))?.keys ?? [];

  function ageOf({ createdAt }: Kept): number {
    return date().getTime() - Date.parse(createdAt);
  }

  function isDue(): boolean {
    const [newest] = kept;
    // A clock that was set back must not let a key seal for ever.
    return newest === undefined || ageOf(newest) >= SEALING_MS || ageOf(newest) < 0;
  }

  async function renew(): Promise<void> {
    if (!isDue()) return;
    const old = kept.filter((one) => ageOf(one) < SEALING_MS + TICKET_MS);
    const next = [makeKey(old), ...old];
    const octets = recordOctets({ keys: next.map(written) });
    await folder.replace(FILE, octets);
    octets.fill(0);
    for (const one of kept) if (!old.includes(one)) one.key.fill(0);
    kept = next;
  }

  function makeKey(others: readonly Kept[]): Kept {
    const octets = new Uint8Array(4 + KEY_LEN);
    random(octets);
    const id = new DataView(octets.buffer).getUint32(0);
    const key = octets.slice(4);
    octets.fill(0);
    if (others.some((one) => one.id === id)) return makeKey(others);
    return { id, key, createdAt: date().toISOString() };
  }

  await renew();
  return {
    keys: () => kept.map(({ id, key }) => ({ id, key })),
    isDue,
    renew,
    close(): void {
      for (const { key } of kept) key.fill(0);
    },
  };
}

function written({ key, ...rest }: Kept): Record<string, unknown> {
  return { ...rest, key: Buffer.from(key).toString("base64") };
}
