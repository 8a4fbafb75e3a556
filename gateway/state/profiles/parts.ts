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
  /** Prefixes behind the gateway that the client goes to; null for all of both families. */
  readonly remote: readonly string[] | null;
}

/** What a profile says of what is behind a gateway: its echo host alone, or everything. */
export function partsBehind(inner: string | null): Pick<ProfileParts, "inner" | "remote"> {
  if (inner === null) return { inner, remote: null };
  return { inner, remote: [`${inner}/${inner.includes(":") ? 128 : 32}`] };
}

/** The prefixes, written out. */
export function remoteOf({ remote }: Pick<ProfileParts, "remote">): readonly string[] {
  return remote ?? ["0.0.0.0/0", "::/0"];
}
