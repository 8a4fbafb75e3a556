// What a responder keeps between CREATE_CHILD_SA and IKE_FOLLOWUP_KE (RFC 9370 §2.2.4).

import type { KeyExchangeId } from "../keys/key_exchange.ts";
import type { Answered } from "./answered.ts";

/** A rekey that the peer has begun, and that waits for its additional key exchange. */
export interface Chain {
  readonly of: "ike" | "child";
  readonly ke: KeyExchangeId;
  /** By which the peer names it. */
  readonly link: Uint8Array;
  /** When it is forgotten, monotonic ms. */
  readonly until: number;
  /** Makes the SA; undefined if that cannot be any more. It takes and wipes the secret. */
  readonly finish: (secret: Uint8Array) => Omit<Answered, "payloads"> | undefined;
  /** Wipes what it has. */
  readonly drop: () => void;
}
