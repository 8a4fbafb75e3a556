// Clients that this gateway has made: a file for each, so that two processes may add and remove
// them at the same time, and a damaged one harms no other.

import { Buffer } from "node:buffer";
import * as z from "zod";
import type { PrivateFolder } from "../runtime/types.ts";
import { CLIENT_NAME } from "../model/client.ts";
import { DamagedFileError, readRecord, recordOctets } from "./record.ts";
import type { StateTools } from "./server.ts";

/** The folder inside the state. */
export const CLIENTS_PART = "clients";

const CLIENT = z.strictObject({
  name: CLIENT_NAME,
  /** RFC 3339. */
  createdAt: z.iso.datetime(),
  psk: z.base64().transform((text) => Uint8Array.from(Buffer.from(text, "base64")))
    .refine((psk) => psk.length > 0),
});

/** A client. Its name is its identity. */
export interface StoredClient {
  readonly name: string;
  readonly createdAt: string;
  /** Its holder wipes it. */
  readonly psk: Uint8Array;
}

/** The clients of a state. */
export interface ClientStore {
  /**
   * Reads all of them. A file that has not changed its name is not read again, unless `afresh`.
   * Damaged ones are told, and left out.
   */
  read(what?: "afresh"): Promise<readonly StoredClient[]>;
  /** Undefined if there is none of that name. @throws {DamagedFileError} */
  find(name: string): Promise<StoredClient | undefined>;
  /** Makes one; undefined if there is one of that name. */
  add(name: string): Promise<StoredClient | undefined>;
  /** False if there is none. */
  remove(name: string): Promise<boolean>;
  /** Another text when clients have come or gone. */
  version(): Promise<string>;
}

/** What a store works with. */
export interface ClientStoreOptions extends StateTools {
  readonly date: () => Date;
  /** Hears of a file that cannot be used. */
  readonly onDamaged: (reason: string) => void;
}

/** Opens the clients of a state. */
export function openClients(options: ClientStoreOptions): ClientStore {
  const { folder, random, date, onDamaged } = options;
  let known = new Map<string, StoredClient>();

  function find(name: string): Promise<StoredClient | undefined> {
    return readClient(folder, name);
  }

  async function read(what?: "afresh"): Promise<readonly StoredClient[]> {
    const before = what === "afresh" ? new Map<string, StoredClient>() : known;
    const after = new Map<string, StoredClient>();
    for (const name of namesOf(await folder.list(CLIENTS_PART))) {
      try {
        const client = before.get(name) ?? await find(name);
        // Somebody may have removed it meanwhile.
        if (client !== undefined) after.set(name, client);
      } catch (error) {
        if (!(error instanceof DamagedFileError)) throw error;
        onDamaged(error.message);
      }
    }
    for (const [name, { psk }] of known) if (after.get(name)?.psk !== psk) psk.fill(0);
    known = after;
    return [...after.values()];
  }

  async function add(name: string): Promise<StoredClient | undefined> {
    const client = { name, createdAt: date().toISOString(), psk: makePsk(random) };
    const octets = recordOctets({ ...client, psk: Buffer.from(client.psk).toString("base64") });
    try {
      return await folder.create(fileOf(name), octets) ? client : undefined;
    } finally {
      octets.fill(0);
    }
  }

  return {
    read,
    find,
    add,
    remove: (name) => folder.remove(fileOf(name)),
    version: () => folder.version(CLIENTS_PART),
  };
}

async function readClient(folder: PrivateFolder, name: string): Promise<StoredClient | undefined> {
  const client = await readRecord(folder, fileOf(name), CLIENT);
  if (client === undefined || client.name === name) return client;
  throw new DamagedFileError(
    `Cannot use ${folder.path}/${fileOf(name)}: it is another client's (give it its own name)`,
  );
}

/**
 * Makes a secret of 192 random bits in 32 printable characters, so that every program takes it,
 * those too that know secrets as text alone.
 */
function makePsk(random: StateTools["random"]): Uint8Array {
  const octets = new Uint8Array(24);
  random(octets);
  const text = Buffer.from(octets).toString("base64url");
  octets.fill(0);
  return new TextEncoder().encode(text);
}

function fileOf(name: string): string {
  return `${CLIENTS_PART}/${name}${EXTENSION}`;
}

function namesOf(files: readonly string[]): readonly string[] {
  return files.filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .filter((name) => CLIENT_NAME.safeParse(name).success).toSorted();
}

const EXTENSION = ".json";
