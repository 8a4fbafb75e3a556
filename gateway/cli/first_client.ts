// The first minute: a gateway that nobody has told who may come makes one client, and says how the
// other side begins.

import { parseConnectTarget } from "../config/connect_target.ts";
import type { StoredClient } from "../state/clients.ts";
import type { OwnState } from "../state/open_state.ts";
import { culvertProfile } from "../state/profiles/culvert.ts";
import { partsBehind } from "../state/profiles/parts.ts";
import type { Server } from "../state/server.ts";

/** What the first client is made for. */
export interface FirstClientOptions {
  readonly state: Pick<OwnState, "clients" | "folder">;
  /** The gateway as its clients know it. */
  readonly server: Server;
  /** Whether no gateway has run with this state before. */
  readonly isNew: boolean;
}

/** How the other side begins. */
export interface FirstMinute {
  /** `HOST:PORT` of the gateway. */
  readonly address: string;
  /** Path of the profile. */
  readonly profile: string;
}

/**
 * Makes the first client of a new state, or finds the one that was made, and writes its profile
 * anew: the gateway may be somewhere else now. Undefined if the gateway has other clients, or knows
 * no address.
 */
export async function firstClient(options: FirstClientOptions): Promise<FirstMinute | undefined> {
  const { state: { folder }, server: { id: serverId, address, inner } } = options;
  const target = address === null ? undefined : parseConnectTarget(address);
  if (address === null || target === undefined || "problem" in target) return undefined;
  const client = await clientOf(options);
  if (client === undefined) return undefined;
  const { name, psk } = client;
  const parts = { name, psk, server: target.value, serverId, ...partsBehind(inner) };
  const octets = new TextEncoder().encode(culvertProfile(parts));
  await folder.replace(FILE, octets);
  octets.fill(0);
  psk.fill(0);
  return { address, profile: `${folder.path}/${FILE}` };
}

/** The command for the other side, word for word. */
export function connectCommandOf(program: string, { address, profile }: FirstMinute): string {
  const path = /^[\w./-]+$/.test(profile) ? profile : `'${profile.replaceAll("'", "'\\''")}'`;
  return `${program} connect ${address} --profile ${path}`;
}

const NAME = "client";
const FILE = "client.toml";

async function clientOf(
  { state: { clients, folder }, isNew }: FirstClientOptions,
): Promise<StoredClient | undefined> {
  // Whoever has removed the profile or the client wants neither back.
  if (!isNew) return await folder.read(FILE) === undefined ? undefined : await clients.find(NAME);
  return (await clients.read()).length === 0 ? await clients.add(NAME) : undefined;
}
