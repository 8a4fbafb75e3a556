// Two ends that prove themselves by certificates, or one of them by a secret.

import assert from "node:assert/strict";
import type { CertificateSettings } from "../../../gateway/ike/certificates/settings.ts";
import type { AuthKind, IkeSettings, PeerPolicy } from "../../../gateway/ike/engine/settings.ts";
import type { Target } from "../../../gateway/ike/engine/ike_sa.ts";
import { clientSettings, type End, type Pair, serverSettings, target } from "./pair.ts";

export type Auth = { readonly own: AuthKind; readonly peer: AuthKind };

/** Both ends prove themselves by certificates. */
export const BOTH: Auth = { own: "cert", peer: "cert" };

/** Settings of a server. `auth` and `peer` are for its only peer. */
export function certificateServer(
  certificates: CertificateSettings | null,
  { auth = BOTH, peer: own = {}, ...change }: Partial<IkeSettings> & {
    readonly auth?: Auth;
    readonly peer?: Partial<PeerPolicy>;
  } = {},
): IkeSettings {
  const [peer] = serverSettings().peers;
  assert.ok(peer !== undefined);
  const psk = auth.own === "psk" || auth.peer === "psk" ? peer.psk : null;
  const common = { ...change, peers: [{ ...peer, psk, auth, ...own }] };
  return serverSettings(certificates === null ? common : { ...common, certificates });
}

/** Settings of a client. */
export function certificateClient(
  certificates: CertificateSettings | null,
  change: Partial<IkeSettings> = {},
): IkeSettings {
  return clientSettings(certificates === null ? change : { ...change, certificates });
}

/** Where the client goes. */
export function certificateTarget(auth: Auth = BOTH, change: Partial<PeerPolicy> = {}): Target {
  const psk = auth.own === "psk" || auth.peer === "psk" ? {} : { psk: null };
  return target({ auth, ...psk, ...change });
}

/** What an end has refused, with its text. */
export function refusals({ told }: End): string[] {
  return told.flatMap((action) =>
    action.kind === "refused" ? [`${action.reason}: ${action.detail}`] : []
  );
}

/** Whether both ends have one IKE SA. */
export function isUp({ client, server }: Pair): boolean {
  return client.engine.established().length === 1 && server.engine.established().length === 1;
}

/** Both ends have one IKE SA, and nothing was refused. */
export function assertUp(pair: Pair): void {
  assert.deepEqual([...refusals(pair.client), ...refusals(pair.server)], []);
  assert.ok(isUp(pair));
}
