// Ends the secrets of a configuration that nobody uses any more.

import type { GatewayConfig } from "../config/types.ts";

/** Wipes secrets and keys of peers, the client and SAs; the API's token is a text. */
export function wipeSecrets({ psk, peers, certificates, client, staticSas }: GatewayConfig): void {
  psk?.fill(0);
  for (const peer of peers) peer.psk?.fill(0);
  client?.psk?.fill(0);
  for (const one of [certificates, client?.certificates]) one?.own?.key.fill(0);
  for (const { spec } of staticSas) spec.keyMaterial.fill(0);
}
