// Where frames end that no SA of ours opens: IKE, and ESP of unknown SPIs.

import type { IkeEndpoint, Upstream } from "./ike_endpoint.ts";

/** The end of ESP with an SPI that nobody here has: it is dropped, or a daemon gets it. */
export type UnknownSpi =
  | { readonly kind: "drop" }
  | { readonly kind: "relay"; readonly upstream: Upstream };

/** The ends of all connections of a gateway. */
export interface Ends {
  readonly ike: IkeEndpoint;
  readonly unknownSpi: UnknownSpi;
}

/** Makes ends that pass everything to `upstream`, or drop it all if that is null. */
export function endsAt(upstream: Upstream | null): Ends {
  if (upstream === null) return { ike: { kind: "none" }, unknownSpi: { kind: "drop" } };
  return { ike: { kind: "upstream", upstream }, unknownSpi: { kind: "relay", upstream } };
}

/** Returns the daemon that gets IKE or unknown ESP; undefined if none gets either. */
export function daemonOf({ ike, unknownSpi }: Ends): Upstream | undefined {
  if (ike.kind === "upstream") return ike.upstream;
  return unknownSpi.kind === "relay" ? unknownSpi.upstream : undefined;
}
