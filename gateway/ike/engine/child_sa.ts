// One Child SA: two directions under one pair of selectors.

import type { Prefix } from "../../model/prefix.ts";
import type { EspSuite } from "../suites/suite.ts";
import type { InstallAction } from "./actions.ts";

/** Where a Child SA stands. */
export type ChildState =
  | "up"
  /** A successor has its place; its Delete is still to come. */
  | "replaced"
  /** Our Delete is out, or has to go out. */
  | "deleting"
  /** It sends no more; what is on its way is still received. */
  | "lingering";

/** A Child SA. Its state changes only in this folder. */
export interface Child {
  /** The SPI that we receive on. */
  readonly spiIn: number;
  /** The SPI that the peer receives on. */
  readonly spiOut: number;
  readonly suite: EspSuite;
  readonly local: readonly Prefix[];
  readonly remote: readonly Prefix[];
  state: ChildState;
  /**
   * The half for sending, while it waits for the peer to use the new SA (RFC 7296 §2.8); then null.
   */
  pendingOut: InstallAction | null;
  /** Whether the half for sending is installed. */
  isSending: boolean;
  /** When a waiting half is installed all the same, monotonic ms. */
  pendingUntil: number;
  /** The SA that has its place. */
  next: Child | null;
  /** When a rekey is due, monotonic ms. */
  rekeyAt: number;
  /** When a replaced SA is deleted, or a lingering one removed, monotonic ms. */
  removeAt: number;
}
