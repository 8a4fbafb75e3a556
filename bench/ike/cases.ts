// The cases and their names.

import type { Unit } from "../lib/record.ts";
import type { Method } from "./orders.ts";

/** How clients come. */
export interface Way {
  readonly name: string;
  readonly method: Method;
  /** They come back by a ticket (RFC 5723). */
  readonly isByTicket: boolean;
}

/** All ways, in the order of the table. */
export const WAYS: readonly Way[] = [
  { name: "PSK", method: "PSK", isByTicket: false },
  { name: "p256", method: "p256", isByTicket: false },
  { name: "ed25519", method: "ed25519", isByTicket: false },
  { name: "ticket", method: "PSK", isByTicket: true },
  { name: "PSK ML-KEM-768", method: "ML-KEM", isByTicket: false },
];

/** What a part of the suite measures of a way. */
export type Part = "handshake" | "rekey" | "restart";

/** One case. */
export interface IkeCase {
  readonly name: string;
  readonly part: Part;
  readonly way: string;
  /** The figure of {@link Part} that it reports. */
  readonly of: string;
  readonly unit: Unit;
}

/** Sizes of a run. */
export interface Sizes {
  readonly handshakes: number;
  readonly clients: number;
}

/** All cases whose name contains `only`. */
export function casesOf({ handshakes, clients }: Sizes, only: string): IkeCase[] {
  const all = WAYS.flatMap(({ name: way }): IkeCase[] => {
    const of = (what: string, unit: Unit): IkeCase => {
      const name = `handshake${what === "each" ? "" : `/${what}`} ${way}`;
      return { name, part: "handshake", way, of: what, unit };
    };
    const shares = ["worker", "shell", "generator"].map((what) => of(what, "share"));
    return [of("each", "handshakes/s"), ...shares];
  });
  const rekeys = (["child", "ike"] as const).flatMap((what): IkeCase[] => [
    {
      ...{ name: `rekey ${what} ${handshakes}`, of: what },
      ...{ part: "rekey", way: "PSK", unit: "rekeys/s" },
    },
  ]);
  const restarts = ["PSK", "ticket"].map((way): IkeCase => ({
    ...{ name: `restart ${way} ${clients}`, of: "each" },
    ...{ part: "restart", way, unit: "handshakes/s" },
  }));
  const memory: IkeCase = {
    ...{ name: `memory PSK ${clients}`, of: "memory" },
    ...{ part: "restart", way: "PSK", unit: "octets" },
  };
  return [...all, ...rekeys, ...restarts, memory].filter(({ name }) => name.includes(only));
}
