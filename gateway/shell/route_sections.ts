// Counts the remotes of outbound SAs by their `local`: each `local` has a table with its remotes.

import type { Prefix } from "../model/prefix.ts";
import { TABLES_MAX } from "./route_tables.ts";

/** A `local`, its table, and its remotes. */
export interface RouteSection {
  readonly local: Prefix;
  readonly table: number;
  /** By their texts, with how many SAs have each. */
  readonly remotes: ReadonlyMap<string, { readonly prefix: Prefix; readonly count: number }>;
  /** How many remotes have each length. */
  readonly lengths: ReadonlyMap<number, number>;
}

/** What one more or one fewer SA has changed. */
export interface SectionChange {
  /** Routes to add or to remove. */
  readonly routes: readonly { readonly prefix: Prefix; readonly table: number }[];
  /** Whether a `local` or a length of remotes came or went. */
  readonly isPlanned: boolean;
  /** A `local` that found no table. */
  readonly refused: readonly Prefix[];
}

/** The selectors of an outbound SA. */
export interface Selectors {
  readonly local: readonly Prefix[];
  readonly remote: readonly Prefix[];
}

/** All sections. */
export interface RouteSections {
  add(selectors: Selectors): SectionChange;
  /** Takes one earlier `add` of the same selectors back. */
  remove(selectors: Selectors): SectionChange;
  /** The sections of a family, by the length of its addresses in octets. */
  of(octetsLen: number): readonly RouteSection[];
  /** The section with this table. */
  at(table: number): RouteSection | undefined;
}

interface Section extends RouteSection {
  readonly remotes: Map<string, { readonly prefix: Prefix; count: number }>;
  readonly lengths: Map<number, number>;
}

interface Change extends SectionChange {
  readonly routes: { readonly prefix: Prefix; readonly table: number }[];
  isPlanned: boolean;
  readonly refused: Prefix[];
}

/**
 * Makes a count without sections.
 *
 * @param owner The owner's number; tables have the numbers after it
 */
export function createRouteSections(owner: number): RouteSections {
  const byLocal = new Map<string, Section>();
  const byTable = new Map<number, Section>();

  function open(local: Prefix): Section | undefined {
    const known = byLocal.get(local.text);
    if (known !== undefined) return known;
    let table = owner + 1;
    while (byTable.has(table)) table++;
    if (table > owner + TABLES_MAX) return undefined;
    const section = { local, table, remotes: new Map(), lengths: new Map() };
    byLocal.set(local.text, section);
    byTable.set(table, section);
    return section;
  }

  function close({ local, table, remotes }: Section): void {
    if (remotes.size > 0) return;
    byLocal.delete(local.text);
    byTable.delete(table);
  }

  function each(
    { local, remote }: Selectors,
    visit: (local: Prefix, remotes: readonly Prefix[], change: Change) => void,
  ): SectionChange {
    const change: Change = { routes: [], isPlanned: false, refused: [] };
    for (const prefix of local) {
      const { octets } = prefix;
      const remotes = remote.filter((other) => other.octets.length === octets.length);
      if (remotes.length > 0) visit(prefix, remotes, change);
    }
    return change;
  }

  return {
    add: (selectors) =>
      each(selectors, (local, remotes, change) => {
        const section = open(local);
        if (section === undefined) change.refused.push(local);
        else for (const prefix of remotes) count(section, prefix, change);
      }),
    remove: (selectors) =>
      each(selectors, (local, remotes, change) => {
        const section = byLocal.get(local.text);
        if (section === undefined) return;
        for (const prefix of remotes) discount(section, prefix, change);
        close(section);
      }),
    of: (octetsLen) =>
      [...byLocal.values()].filter(({ local }) => local.octets.length === octetsLen),
    at: (table) => byTable.get(table),
  };
}

function count({ table, remotes, lengths }: Section, prefix: Prefix, change: Change): void {
  const known = remotes.get(prefix.text);
  if (known !== undefined) {
    known.count++;
    return;
  }
  remotes.set(prefix.text, { prefix, count: 1 });
  change.routes.push({ prefix, table });
  const same = lengths.get(prefix.bits) ?? 0;
  lengths.set(prefix.bits, same + 1);
  if (same === 0) change.isPlanned = true;
}

function discount({ table, remotes, lengths }: Section, prefix: Prefix, change: Change): void {
  const known = remotes.get(prefix.text);
  if (known === undefined || --known.count > 0) return;
  remotes.delete(prefix.text);
  change.routes.push({ prefix, table });
  const left = (lengths.get(prefix.bits) ?? 1) - 1;
  if (left > 0) {
    lengths.set(prefix.bits, left);
    return;
  }
  lengths.delete(prefix.bits);
  change.isPlanned = true;
}
