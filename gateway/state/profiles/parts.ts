// What all formats of a profile say.

import type { ConnectTarget } from "../../config/types.ts";

/** What a profile says. */
export interface ProfileParts {
  /** The client's name, which is its identity. */
  readonly name: string;
  /** Printable ASCII without quotes (`gateway/state/clients.ts`). */
  readonly psk: Uint8Array;
  readonly server: ConnectTarget;
  /** The gateway's identity, as `parseIdentity` reads it. */
  readonly serverId: string;
  /** A host behind the gateway that answers; null if none is known. */
  readonly inner: string | null;
}
