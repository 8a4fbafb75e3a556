// Routes into the TUN, which follow the outbound SAs, and the rules that lead packets to them. What
// others take away comes back.

import { AF_INET, AF_INET6, RT_SCOPE_LINK, RT_TABLE_MAIN } from "../linux/constants.ts";
import type { Kernel } from "../linux/kernel.ts";
import { type HostAddress, listAddresses } from "../linux/links.ts";
import { addRoute, listRoutes, removeRoute, type Route, type ToldRoute } from "../linux/routes.ts";
import { addRule, listOurRules, removeRule, type Rule, ruleKey } from "../linux/rules.ts";
import type { Tun } from "../linux/tun.ts";
import { addressText } from "../model/address.ts";
import type { Prefix } from "../model/prefix.ts";
import type { EventHub } from "./events.ts";
import type { NetworkChange } from "./network_watch.ts";
import { type OwnAddresses, type OwnFlow, planRules } from "./route_plan.ts";
import {
  createRouteSections,
  type RouteSection,
  type RouteSections,
  type SectionChange,
} from "./route_sections.ts";
import { ownerOf } from "./route_tables.ts";
import type { SaListener } from "./sa_changes.ts";

/** The device that the routes lead into, and what the rules are made of. */
export interface TunRoutesOptions {
  /** With a window of 32 KiB. */
  readonly kernel: Kernel;
  readonly tun: Pick<Tun, "name" | "index">;
  readonly events: Pick<EventHub, "tell">;
  /** The mark of our sockets. */
  readonly mark: number;
  /** First priority of the rules. */
  readonly priority: number;
  readonly flows: readonly OwnFlow[];
}

/** Keeps routes and rules as the SAs and the host's addresses want them. */
export interface TunRoutes extends SaListener {
  /** Acts on what has changed in the kernel's tables. */
  changed(change: NetworkChange): void;
  /** Removes everything that is left. */
  close(): void;
}

interface State extends TunRoutesOptions {
  readonly owner: number;
  readonly sections: RouteSections;
  /** Rules that are there, by family and key. */
  readonly rules: Readonly<Record<number, Map<string, Rule>>>;
}

/** Makes the keeper; it has no routes before the first SA. */
export function keepTunRoutes(options: TunRoutesOptions): TunRoutes {
  const owner = ownerOf(options.tun.index);
  const state: State = {
    ...options,
    owner,
    sections: createRouteSections(owner),
    rules: { [AF_INET]: new Map(), [AF_INET6]: new Map() },
  };
  return {
    installed({ spec }): void {
      if (spec.direction === "outbound") added(state, state.sections.add(spec));
    },
    removed({ spec }): void {
      if (spec.direction === "outbound") removed(state, state.sections.remove(spec));
    },
    changed: (change) => changed(state, change),
    close: () => removeAll(state),
  };
}

/** The routes come first: a rule without them would lead to the next rule only. */
function added(state: State, change: SectionChange): void {
  for (const { text } of change.refused) {
    const reason = "too many different locals";
    state.events.tell("route_failed", { prefix: text, reason }, "error");
  }
  for (const { prefix, table } of change.routes) {
    tryTo(state, prefix.text, () => addRoute(state.kernel, { ...prefix, ...place(state, table) }));
  }
  if (change.isPlanned) applyRules(state);
}

function removed(state: State, change: SectionChange): void {
  if (change.isPlanned) applyRules(state);
  for (const { prefix, table } of change.routes) {
    const route = { ...prefix, ...place(state, table) };
    tryTo(state, prefix.text, () => removeRoute(state.kernel, route));
  }
}

function place({ tun }: State, table: number): Pick<Route, "index" | "table"> {
  return { index: tun.index, table };
}

/** Whether the kernel did it. The SA stays, because the host may route by other means. */
function tryTo({ events }: State, prefix: string, action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    events.tell("route_failed", { prefix, reason }, "error");
    return false;
  }
}

/** Makes the rules those that SAs and addresses ask for now. */
function applyRules(state: State): void {
  const addresses = readAddresses(state);
  for (const family of FAMILIES) applyFamily(state, family, addresses[family] ?? NO_ADDRESSES);
}

function applyFamily(state: State, family: number, addresses: OwnAddresses): void {
  const { kernel, sections, priority, owner, mark, tun, flows } = state;
  const current = state.rules[family];
  if (current === undefined) return;
  const planned = planRules({
    ...{ family, owner, mark, addresses, flows },
    first: priority,
    device: tun.name,
    sections: sections.of(octetsOf(family)).map(({ local, table, lengths }) => ({
      ...{ local, table },
      lengths: [...lengths.keys()],
    })),
  });
  const wanted = new Map(planned.map((rule) => [ruleKey(rule), rule]));
  for (const [key, rule] of wanted) {
    if (current.has(key)) continue;
    // Without the rules that keep our own sockets outside, none may lead inside.
    if (!tryTo(state, ruleText(rule), () => addRule(kernel, rule))) break;
    current.set(key, rule);
  }
  for (const [key, rule] of [...current].reverse()) {
    if (wanted.has(key)) continue;
    tryTo(state, ruleText(rule), () => removeRule(kernel, rule));
    current.delete(key);
  }
}

function ruleText({ priority }: Rule): string {
  return `rule ${priority}`;
}

function changed(state: State, change: NetworkChange): void {
  const { isUnknown, hasAddresses, hasDefaults, hasRules, removedRoutes, disturbed } = change;
  if (state.sections.of(4).length + state.sections.of(16).length === 0) return;
  if (isUnknown || hasAddresses || hasDefaults) applyRules(state);
  const rules = isUnknown || hasRules ? restoreRules(state) : 0;
  const isAll = isUnknown || disturbed.has(state.tun.index);
  const routes = isAll ? restoreRoutes(state) : restoreSome(state, removedRoutes);
  if (rules + routes > 0) state.events.tell("routes_restored", { routes, rules }, "warn");
}

function removeAll(state: State): void {
  for (const rules of Object.values(state.rules)) {
    for (const rule of [...rules.values()].reverse()) {
      tryTo(state, ruleText(rule), () => removeRule(state.kernel, rule));
    }
    rules.clear();
  }
  for (const { table, remotes } of [...state.sections.of(4), ...state.sections.of(16)]) {
    for (const { prefix } of remotes.values()) {
      const route = { ...prefix, ...place(state, table) };
      tryTo(state, prefix.text, () => removeRoute(state.kernel, route));
    }
  }
}

/** Puts back rules that somebody has removed; returns how many. */
function restoreRules(state: State): number {
  let count = 0;
  for (const family of FAMILIES) {
    const there = new Set(listOurRules(state.kernel, family).map(ruleKey));
    for (const [key, rule] of state.rules[family] ?? []) {
      if (there.has(key)) continue;
      if (tryTo(state, ruleText(rule), () => addRule(state.kernel, rule))) count++;
    }
  }
  return count;
}

/** Puts back the routes among these that SAs still want. */
function restoreSome(state: State, removed: NetworkChange["removedRoutes"]): number {
  let count = 0;
  for (const route of removed) {
    const section = state.sections.at(route.table);
    const wanted = section?.remotes.get(textOf(route));
    if (section === undefined || wanted === undefined) continue;
    count += restore(state, section, wanted.prefix);
  }
  return count;
}

/** Puts back every route that is missing; returns how many. */
function restoreRoutes(state: State): number {
  const { kernel, tun, sections } = state;
  let count = 0;
  for (const family of FAMILIES) {
    const there = new Set(
      listRoutes(kernel, { family, of: { index: tun.index } }).map((route) =>
        `${route.table} ${textOf(route)}`
      ),
    );
    for (const section of sections.of(octetsOf(family))) {
      for (const [text, { prefix }] of section.remotes) {
        if (!there.has(`${section.table} ${text}`)) count += restore(state, section, prefix);
      }
    }
  }
  return count;
}

/** The prefix of a route as selectors have it. */
function textOf({ octets, bits, family }: ToldRoute): string {
  return `${addressText(octets ?? new Uint8Array(octetsOf(family)))}/${bits}`;
}

function octetsOf(family: number): 4 | 16 {
  return family === AF_INET ? 4 : 16;
}

function restore(state: State, { table }: RouteSection, prefix: Prefix): number {
  const route = { ...prefix, ...place(state, table) };
  let isNew = false;
  tryTo(state, prefix.text, () => void (isNew = addRoute(state.kernel, route) === "added"));
  return isNew ? 1 : 0;
}

/** The host's addresses by family. */
function readAddresses({ kernel, tun }: State): Readonly<Record<number, OwnAddresses>> {
  const all = listAddresses(kernel).filter(({ scope, octets }) =>
    scope < RT_SCOPE_LINK || octets.length === 4 && scope === RT_SCOPE_LINK
  );
  return Object.fromEntries(FAMILIES.map((family) => {
    const len = octetsOf(family);
    const mine = all.filter(({ octets }) => octets.length === len);
    const ways = new Set(defaultDevices(kernel, family));
    const of = (isWanted: (address: HostAddress) => boolean): Uint8Array[] =>
      mine.filter(isWanted).map(({ octets }) => octets);
    return [family, {
      tun: of(({ index }) => index === tun.index),
      other: of(({ index }) => index !== tun.index),
      outer: of(({ index }) => index !== tun.index && ways.has(index)),
    }];
  }));
}

/** Devices of the default routes of `main`. */
function defaultDevices(kernel: Kernel, family: number): number[] {
  const of = { table: RT_TABLE_MAIN };
  return listRoutes(kernel, { family, of, isFirstOnly: true })
    .filter(({ bits }) => bits === 0)
    .flatMap(({ indices }) => [...indices]);
}

const FAMILIES: readonly number[] = [AF_INET, AF_INET6];
const NO_ADDRESSES: OwnAddresses = { tun: [], other: [], outer: [] };
