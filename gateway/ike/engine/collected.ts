// Fragments that an IKE SA has got of a message, in each direction.

import type { Fragments } from "../wire/fragments.ts";

/** Fragments of the peer's request, and of its answer. */
export interface Collected {
  readonly requests: Fragments;
  readonly answers: Fragments;
  /** Digest of the first fragment: a repeat of it gets the answer (rule IW83). */
  digest: string;
  /** When the last one came, monotonic ms. */
  at: number;
}
