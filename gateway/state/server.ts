// What clients have to know of the gateway: its identity, and where it is reached.

import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { parseIdentity } from "../ike/identity/identity.ts";
import type { PrivateFolder } from "../runtime/types.ts";
import { readRecord, recordOctets } from "./record.ts";

const FILE = "server.json";

const SERVER = z.strictObject({
  /** As `parseIdentity` reads it. */
  id: z.string().refine((id) => "value" in parseIdentity(id)),
  /** `HOST:PORT` that it was last reached at; null before its first start. */
  address: z.string().nullable(),
  /** A host behind it that answers echo requests; null if none is known. */
  inner: z.string().nullable(),
});

/** The gateway, as its clients know it. */
export type Server = Readonly<z.output<typeof SERVER>>;

/** Where the state is, and random octets. */
export interface StateTools {
  readonly folder: PrivateFolder;
  readonly random: (octets: Uint8Array<ArrayBuffer>) => void;
}

/**
 * The gateway of this state; one with a name of its own is made if there is none.
 *
 * @throws {Error} If the file is damaged, or cannot be read or made
 */
export async function openServer({ folder, random }: StateTools): Promise<Server> {
  const known = await readRecord(folder, FILE, SERVER);
  if (known !== undefined) return known;
  const octets = new Uint8Array(ID_LEN);
  random(octets);
  const made: Server = {
    id: `culvert-${Buffer.from(octets).toString("hex")}`,
    address: null,
    inner: null,
  };
  if (await folder.create(FILE, recordOctets(made))) return made;
  // Another process was first.
  return await openServer({ folder, random });
}

/** Keeps what is different now. */
export async function updateServer(
  folder: PrivateFolder,
  before: Server,
  change: Partial<Server>,
): Promise<Server> {
  const after = { ...before, ...change };
  if (isDeepStrictEqual(after, before)) return before;
  await folder.replace(FILE, recordOctets(after));
  return after;
}

/** Octets of a name that no other gateway has. */
const ID_LEN = 8;
