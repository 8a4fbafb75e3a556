// Why a gateway does not serve new clients.

import * as z from "zod";

/** Every reason, by the name that `/readyz`, `/v1/status` and the metrics have. */
export const UNREADY_REASONS = ["draining", "tun", "upstream_refused", "ike_down"] as const;

/** The name of a reason. */
export const UNREADY_REASON = z.enum(UNREADY_REASONS);

/** A reason that holds now. */
export interface Unready {
  readonly reason: (typeof UNREADY_REASONS)[number];
  /** A sentence for people, without a full stop. It names nothing secret: `/readyz` is open. */
  readonly detail: string;
}

/** Asks one part of a gateway; undefined if nothing of it stands in the way. */
export type ReadyCheck = () => Unready | undefined;
