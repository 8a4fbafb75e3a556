// Which policy rules a gateway needs (docs/design/decisions/0014-routes-in-tables-of-our-own.md).
//
// Each `local` of outbound SAs has a routing table with their `remote`s, all into the TUN. Rules
// lead packets from `local` there. Where `main` has a longer prefix than the table, `main` wins, so
// the result is what one table with the routes of both would give. In the order of priorities:
//
//   GUARD     packets from the TUN's own addresses pass over MARK and FLOWS
//   MARK      what our sockets send goes to END
//   FLOWS     so do the flows of our listeners, to the daemon and to a responder, where some
//             `local` holds an address of this host: reverse lookups (rp_filter) have no mark
//   UNBOUND   packets that have no source yet, if the TUN has an address that they can take
//   BOUND     packets from each `local`, for remotes that are not wide
//   OUTER     packets from this host's outer addresses go to END
//   WHOLE     the same as BOUND for a `local` that is wide
//   DEFAULT   remotes that are wide
//   END       the rules of others and `main` decide
//
// A prefix shorter than /8 is wide: it is no network of somebody's, but stands for everything, be
// it in halves. Steps within a block go from the longest `remote` to the shortest, two priorities
// each: first `main` with what is longer still, then the table.

import {
  AF_INET,
  AF_INET6,
  FIB_RULE_FIND_SADDR,
  FR_ACT_GOTO,
  FR_ACT_NOP,
  FR_ACT_TO_TBL,
  IPPROTO_TCP,
  RT_TABLE_MAIN,
} from "../linux/constants.ts";
import type { Rule, RulePrefix } from "../linux/rules.ts";

/** A `local` of outbound SAs. */
export interface Section {
  readonly local: RulePrefix;
  /** The table of its remotes. */
  readonly table: number;
  /** Lengths of its remotes' prefixes, in bits; each once, in any order. */
  readonly lengths: readonly number[];
}

/** A flow of the gateway itself, as this host's own packets have it. */
export interface OwnFlow {
  /** IPPROTO_TCP or IPPROTO_UDP. */
  readonly protocol: number;
  /** AF_INET or AF_INET6. */
  readonly family: number;
  readonly from?: RulePrefix;
  readonly to?: RulePrefix;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** Addresses of this host, of one family. */
export interface OwnAddresses {
  /** Those of the TUN that others can reach: no link-local ones. */
  readonly tun: readonly Uint8Array[];
  /** Those of all other devices. */
  readonly other: readonly Uint8Array[];
  /** Those of devices that a default route of `main` goes through. */
  readonly outer: readonly Uint8Array[];
}

/** What the rules follow from. */
export interface PlanInput {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** The first priority; the rules take {@link PRIORITIES} from there on. */
  readonly first: number;
  /** The owner's number, which no other gateway of this host has. */
  readonly owner: number;
  /** The mark of our sockets. */
  readonly mark: number;
  /** The TUN's name. */
  readonly device: string;
  /** Of this family only. */
  readonly sections: readonly Section[];
  readonly addresses: OwnAddresses;
  readonly flows: readonly OwnFlow[];
}

/** Priorities that the rules may take. */
export const PRIORITIES = 1000;

/**
 * Returns the rules of one family, without an order; none without sections. Rules that others lead
 * to come first: add in this order, and remove in the reverse one.
 */
export function planRules(input: PlanInput): Rule[] {
  const { sections } = input;
  if (sections.length === 0) return [];
  const rules = [
    nop(input, BOUND),
    nop(input, END),
    ...guards(input),
    ...unbound(input),
    ...sections.filter(({ local }) => !isWide(local.bits))
      .flatMap((section) => steps(input, section, { at: BOUND + 1, isDefault: false })),
    ...outer(input),
    ...sections.filter(({ local }) => isWide(local.bits))
      .flatMap((section) => steps(input, section, { at: WHOLE, isDefault: false })),
    ...defaults(input),
  ];
  return rules.sort((a, b) => rank(a) - rank(b));
}

function rank({ action }: Rule): number {
  return action === FR_ACT_NOP ? 0 : action === FR_ACT_GOTO ? 1 : 2;
}

/** Packets of our own sockets, and of our flows. */
function guards(input: PlanInput): Rule[] {
  const { mark, addresses } = input;
  return [
    ...addresses.tun.map((octets) =>
      jump(input, [GUARD, UNBOUND], { from: whole(octets), input: LOOPBACK })
    ),
    nop(input, UNBOUND),
    jump(input, [MARK, END], { mark: { value: mark, mask: 0xffff_ffff } }),
    ...ownFlows(input),
  ];
}

/**
 * Our flows from each address of the host that a `local` holds.
 *
 * The rules name the source and no input device: for a rule with `lo` the kernel does not look for
 * the ports of packets that come in, whose way back it looks up.
 */
function ownFlows(input: PlanInput): Rule[] {
  const { family, sections, addresses, flows } = input;
  const held = addresses.other.filter((octets) =>
    sections.some(({ local }) => holds(local, octets))
  );
  return flows.filter((flow) => flow.family === family).flatMap(({ family: _, from, ...flow }) =>
    held.filter((octets) => from === undefined || holds(from, octets))
      .map((octets) => jump(input, [FLOWS, END], { ...flow, from: whole(octets) }))
  );
}

/**
 * Packets without a source: they may take an address of the TUN if a `local` holds it.
 *
 * IPv4 compares the source 0.0.0.0. IPv6 looks which source the route would give the packet, and
 * takes it only if that is the TUN's. It cannot ask so for `main`, so packets with a source have to
 * pass over the block there.
 */
function unbound(input: PlanInput): Rule[] {
  const { family, sections, addresses } = input;
  const within = sections.map((section) => ({
    ...section,
    own: addresses.tun.filter((octets) => holds(section.local, octets)),
  })).filter(({ own }) => own.length > 0);
  if (within.length === 0) return [];
  const isV4 = family === AF_INET;
  const lengths = new Set(within.flatMap(({ lengths }) => lengths));
  const from = isV4 ? { from: whole(new Uint8Array(4)) } : {};
  return [
    ...isV4 ? [] : halves().map((half) => jump(input, [UNBOUND + 1, BOUND], { from: half })),
    ...[...lengths].filter((bits) => bits < bitsMax(family))
      .map((bits) => inMain(input, UNBOUND + 2 + stepOf(bits), { ...from, suppress: bits })),
    ...within.flatMap(({ table, lengths, own }) => {
      const sources = isV4
        ? [from]
        : own.map((octets) => ({ from: whole(octets), flags: FIB_RULE_FIND_SADDR }));
      return lengths.flatMap((bits) =>
        sources.map((source) =>
          inTable(input, UNBOUND + 3 + stepOf(bits), { ...source, table, ...longerThan(bits) })
        )
      );
    }),
  ];
}

/** What this host's own servers send from its outer addresses is for those that came outside. */
function outer(input: PlanInput): Rule[] {
  const { family, sections, addresses } = input;
  const isAnywhere = sections.some(({ local, lengths }) =>
    isWide(local.bits) || lengths.some(isWide)
  );
  if (!isAnywhere) return [];
  const unsourced = family === AF_INET ? [whole(new Uint8Array(4))] : [];
  return [...addresses.outer.map(whole), ...unsourced].map((from) =>
    jump(input, [OUTER, END], { from, input: LOOPBACK })
  );
}

function defaults(input: PlanInput): Rule[] {
  const { sections, device } = input;
  const defaults = sections.filter(({ lengths }) => lengths.some(isWide));
  const some = defaults.filter(({ local }) => !isWide(local.bits));
  const all = defaults.filter(({ local }) => isWide(local.bits));
  return [
    ...some.flatMap((section) => steps(input, section, { at: DEFAULT, isDefault: true })),
    // From anywhere to anywhere: what has come out of the tunnel would go back into it.
    ...all.slice(0, 1).map(() => jump(input, [DEFAULT + 2 * WIDE, END], { input: device })),
    ...all.flatMap((section) =>
      steps(input, section, { at: DEFAULT + 2 * WIDE + 1, isDefault: true })
    ),
  ];
}

/** The steps of one section: those of wide remotes, or all others. */
function steps(
  input: PlanInput,
  { local, table, lengths }: Section,
  { at, isDefault }: { readonly at: number; readonly isDefault: boolean },
): Rule[] {
  const { family } = input;
  // Without a source, an IPv6 packet matches neither half.
  const sources = local.bits > 0
    ? [{ from: local }]
    : family === AF_INET
    ? [{}]
    : halves().map((from) => ({ from }));
  return lengths.filter((bits) => isWide(bits) === isDefault).flatMap((bits) => {
    const step = at + (isDefault ? 2 * (WIDE - 1 - bits) : stepOf(bits));
    const rules = sources.map((source) =>
      inTable(input, step + 1, { ...source, table, ...longerThan(bits) })
    );
    if (bits === bitsMax(family)) return rules;
    return [
      ...sources.map((source) => inMain(input, step, { ...source, suppress: bits })),
      ...rules,
    ];
  });
}

/** No route whose prefix is shorter than `bits`. */
function longerThan(bits: number): Pick<Rule, "suppress"> {
  return bits === 0 ? {} : { suppress: bits - 1 };
}

type Match = Omit<Rule, "family" | "priority" | "action" | "table" | "target">;

/** A rule at one offset that goes to the one at another. */
function jump(
  { family, first, owner }: PlanInput,
  [at, to]: readonly [number, number],
  match: Match,
): Rule {
  const target = first + to;
  return { family, priority: first + at, action: FR_ACT_GOTO, table: owner, target, ...match };
}

function nop({ family, first, owner }: PlanInput, at: number): Rule {
  return { family, priority: first + at, action: FR_ACT_NOP, table: owner };
}

/** The mark matches every packet: the rule has no other place for its owner. */
function inMain({ family, first, owner }: PlanInput, at: number, match: Match): Rule {
  const mark = { value: owner, mask: 0 };
  const main = { action: FR_ACT_TO_TBL, table: RT_TABLE_MAIN };
  return { family, priority: first + at, ...main, mark, ...match };
}

function inTable(
  { family, first }: PlanInput,
  at: number,
  match: Match & { readonly table: number },
): Rule {
  return { family, priority: first + at, action: FR_ACT_TO_TBL, ...match };
}

/** Flows of a TCP listener; an IPv6 wildcard takes IPv4 too. */
export function listenerFlows(
  { octets, port }: { readonly octets: Uint8Array; readonly port: number },
): OwnFlow[] {
  const flow = { protocol: IPPROTO_TCP, sourcePort: port };
  const isAny = octets.every((octet) => octet === 0);
  if (!isAny) return [{ ...flow, family: familyOf(octets), from: whole(octets) }];
  const families = octets.length === 4 ? [AF_INET] : [AF_INET, AF_INET6];
  return families.map((family) => ({ ...flow, family }));
}

/** The prefix of one address. */
export function whole(octets: Uint8Array): RulePrefix {
  return { octets, bits: 8 * octets.length };
}

function halves(): RulePrefix[] {
  return [0, 0x80].map((octet) => ({
    octets: Uint8Array.of(octet, ...Array(15).fill(0)),
    bits: 1,
  }));
}

/** Whether the prefix holds the address. */
export function holds({ octets: prefix, bits }: RulePrefix, octets: Uint8Array): boolean {
  if (prefix.length !== octets.length) return false;
  return prefix.every((octet, at) => {
    const left = Math.min(Math.max(bits - 8 * at, 0), 8);
    return ((octet ^ (octets[at] ?? 0)) & (0xff00 >> left) & 0xff) === 0;
  });
}

function familyOf(octets: Uint8Array): number {
  return octets.length === 4 ? AF_INET : AF_INET6;
}

function bitsMax(family: number): number {
  return family === AF_INET ? 32 : 128;
}

function isWide(bits: number): boolean {
  return bits < WIDE;
}

/** Where the step of a remote's length lies in its block. */
function stepOf(bits: number): number {
  return 2 * (128 - bits);
}

/** Prefixes of fewer bits stand for everything. */
const WIDE = 8;

/** Input device of packets that this host sends itself. */
const LOOPBACK = "lo";

// Offsets from the first priority.
const GUARD = 0;
const MARK = 1;
const FLOWS = 2;
const UNBOUND = 3;
const BOUND = 300;
const OUTER = 600;
const WHOLE = 601;
const DEFAULT = 900;
const END = PRIORITIES - 1;
