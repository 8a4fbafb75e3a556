// The end of the IKE messages of clients.

import type { IkeLink } from "./ike_link.ts";

/** An IKE daemon on UDP, as socket addresses ready for `connect` and `bind`. */
export interface Upstream {
  /** Address family of the daemon's address and the source: AF_INET or AF_INET6. */
  readonly family: number;
  /** `sockaddr_in` or `sockaddr_in6` of the daemon. */
  readonly address: Uint8Array;
  /** Source prefix of `--upstream-source`, or null. */
  readonly source: { readonly octets: Uint8Array; readonly bits: number } | null;
  /** Mark of the sockets, by which routing rules keep them outside of the TUN; 0 or none: none. */
  readonly mark?: number;
}

/** The end of IKE: it is dropped, a daemon gets it as it is, or the IKE of this process does. */
export type IkeEndpoint =
  | { readonly kind: "none" }
  | { readonly kind: "upstream"; readonly upstream: Upstream }
  | { readonly kind: "inside"; readonly link: IkeLink };
