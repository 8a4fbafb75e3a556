// Clients as the API of a running gateway sees them.

import { parseConnectTarget } from "../config/connect_target.ts";
import type { Clients, ClientView, NewClient } from "../model/client.ts";
import type { Refusal } from "../model/refusal.ts";
import type { StoredClient } from "./clients.ts";
import type { State } from "./open_state.ts";
import { culvertProfile } from "./profiles/culvert.ts";
import { partsBehind } from "./profiles/parts.ts";
import type { Server } from "./server.ts";

/** What changes clients. */
export interface ClientAdminOptions {
  readonly state: Pick<State, "clients">;
  /** The gateway as its clients know it now. */
  readonly server: () => Server;
  /** Called when clients have come or gone. */
  readonly onChange: () => Promise<void>;
}

/** Makes the clients of a running gateway. */
export function createClientAdmin(options: ClientAdminOptions): Clients {
  const { state: { clients }, server, onChange } = options;

  async function add(name: string): Promise<NewClient | Refusal> {
    const { id: serverId, address, inner } = server();
    const target = address === null ? undefined : parseConnectTarget(address);
    if (target === undefined || "problem" in target) return NO_ADDRESS;
    const client = await clients.add(name);
    if (client === undefined) {
      return { kind: "conflict", member: "name", detail: "is that of another client" };
    }
    try {
      const where = { server: target.value, serverId, ...partsBehind(inner) };
      const parts = { name, psk: client.psk, ...where };
      return { ...viewOf(client), profile: culvertProfile(parts) };
    } finally {
      client.psk.fill(0);
      await onChange();
    }
  }

  async function remove(name: string): Promise<boolean> {
    const isRemoved = await clients.remove(name);
    if (isRemoved) await onChange();
    return isRemoved;
  }

  return {
    list: async () => (await clients.read()).map(viewOf),
    add,
    remove,
  };
}

const NO_ADDRESS: Refusal = {
  kind: "conflict",
  detail:
    "The gateway listens on all addresses and cannot name one: culvert profile takes --server",
};

function viewOf({ name, createdAt }: StoredClient): ClientView {
  return { name, auth: "psk", createdAt };
}
