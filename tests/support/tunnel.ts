// A server with IKE inside, and the profiles of its clients.

import { Buffer } from "node:buffer";
import type { PeerView } from "../../gateway/model/peer.ts";
import { type Gateway, startGateway, type StartOptions } from "./gateway.ts";
import { SECRET } from "./ike/pair.ts";
import { ECHO_INSIDE, type PlanChanges } from "./ike/plan.ts";
import { tempFile } from "./temp.ts";

/** What a profile may have that differs from that of a client which the server knows. */
export interface ProfileChanges {
  readonly id?: string;
  readonly serverId?: string;
  readonly psk?: Uint8Array;
  readonly remote?: readonly string[];
}

/** Writes the profile of a client of example.org, and returns its path. */
export function writeProfile(port: number, changes: ProfileChanges = {}): string {
  const { id = "laptop@example.org", serverId = "gw.example.org", psk = SECRET } = changes;
  const { remote = [`${ECHO_INSIDE}/32`] } = changes;
  return tempFile(
    [
      `server = "127.0.0.1:${port}"`,
      `id = "${id}"`,
      `server_id = "${serverId}"`,
      `psk = "${Buffer.from(psk).toString("base64")}"`,
      `remote = ${JSON.stringify(remote)}`,
      "",
    ].join("\n"),
    "toml",
  );
}

/** Has a gateway answer IKE with the plan of `tests/support/ike/plan.ts`. */
export function serverOptions(
  plan: PlanChanges = {},
): Required<Pick<StartOptions, "entry" | "env">> {
  return {
    entry: "tests/support/programs/ike_program.ts",
    env: { CULVERT_TEST_PLAN: JSON.stringify(plan) },
  };
}

/** Starts a server on loopback. */
export function startServer(
  args: readonly string[] = [],
  plan: PlanChanges = {},
): Promise<Gateway> {
  return startGateway(args, serverOptions(plan));
}

/** Clients whose IKE SAs are up. */
export async function peersOf({ api }: Pick<Gateway, "api">): Promise<readonly PeerView[]> {
  const { peers } = await api.get("/v1/peers") as { peers: readonly PeerView[] };
  return peers;
}
