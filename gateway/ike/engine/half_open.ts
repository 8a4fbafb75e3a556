// The values of a half-open IKE SA before its second message.

import type { KeyPair } from "../keys/key_exchange.ts";
import type { IkeSuite } from "../suites/suite.ts";

/** What is kept of an answered IKE_SA_INIT. */
export interface Embryo {
  /** Under which `begun` has it. */
  readonly digest: string;
  /** The request, and the answer behind it. */
  readonly octets: Uint8Array;
  readonly requestLen: number;
  readonly suite: IkeSuite;
  /** Makes the shared secret. */
  readonly agree: KeyPair["agree"];
  readonly hasIntermediate: boolean;
  readonly hasPpk: boolean;
  readonly hasFragments: boolean;
  /** Monotonic ms. */
  readonly begunAt: number;
  /** Path of the request; null when that connection is gone. */
  path: number | null;
}
