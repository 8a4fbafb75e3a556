// Watches devices, addresses, routes and rules of the host, and tells those whom it concerns. It
// looks from time to time, without waiting, because the shell has no loop to wait in.

import {
  RT_TABLE_MAIN,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELROUTE,
  RTM_DELRULE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTMGRP_IPV4_IFADDR,
  RTMGRP_IPV4_ROUTE,
  RTMGRP_IPV4_RULE,
  RTMGRP_IPV6_IFADDR,
  RTMGRP_IPV6_ROUTE,
  RTMGRP_IPV6_RULE,
  RTMGRP_LINK,
} from "../linux/constants.ts";
import type { Kernel } from "../linux/kernel.ts";
import { listAddresses, parseHostAddress, parseLink } from "../linux/links.ts";
import type { Message } from "../linux/netlink.ts";
import { type NetlinkWatch, openNetlinkWatch } from "../linux/netlink_socket.ts";
import {
  OUR_PROTOCOL,
  parseRoute,
  ROUTE_BITS_AT,
  ROUTE_PROTOCOL_AT,
  type ToldRoute,
} from "../linux/routes.ts";
import { parseOurRule } from "../linux/rules.ts";
import type { Log } from "./log.ts";

/** What has changed since the last look. */
export interface NetworkChange {
  /** Some news were lost: look at everything. */
  readonly isUnknown: boolean;
  readonly hasLinks: boolean;
  readonly hasAddresses: boolean;
  /** A route of others came, changed or went. */
  readonly hasRoutes: boolean;
  /**
   * Interface indices of devices that were down or lost an address, be it for a moment. The kernel
   * then removes routes through them without a word.
   */
  readonly disturbed: ReadonlySet<number>;
  /** A default route of `main` came or went. */
  readonly hasDefaults: boolean;
  /** A rule of ours went, be it by our own hand. */
  readonly hasRules: boolean;
  /** Routes with our protocol number that went, likewise. */
  readonly removedRoutes: readonly ToldRoute[];
}

export interface NetworkWatchOptions {
  /** With a window of 32 KiB. */
  readonly kernel: Kernel;
  readonly log: Log;
  /** In the order in which they hear. */
  readonly listeners: readonly ((change: NetworkChange) => void)[];
  /** Interface index of a device whose addresses are not the host's way out, or 0. */
  readonly tunIndex: number;
  /**
   * Called after an address or a route of others has come or gone, be it for a moment. Connected
   * sockets may have a source that the host no longer has, or would not choose any more.
   */
  readonly addressListeners: readonly (() => void)[];
}

/** Time between two looks, ms. */
const LOOK_MS = 200;

/** Looks that are left out before a watch that has failed begins again. */
const LOOKS_APART = 4;

const UNKNOWN: NetworkChange = {
  ...{ isUnknown: true, hasLinks: true, hasAddresses: true, hasRoutes: true, hasDefaults: true },
  hasRules: true,
  removedRoutes: [],
  disturbed: new Set(),
};

const GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE |
  RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE | RTMGRP_IPV6_RULE;

/**
 * Starts to watch. The result ends it. If the host refuses, that is told once, and it tries again
 * each second; the gateway does without meanwhile.
 */
export function watchNetwork(options: NetworkWatchOptions): () => void {
  const { kernel, log } = options;
  let watch: NetlinkWatch | undefined;
  let known = "";
  let refusal = "";
  let openAgainIn = 0;

  function close(): void {
    watch?.close();
    watch = undefined;
  }

  function open(): void {
    watch = openNetlinkWatch(kernel, GROUPS);
    // What it was like while nobody watched is not known.
    if (refusal !== "") known = tell(options, UNKNOWN, known);
    else known = addressKey(options);
    refusal = "";
  }

  function look(): void {
    try {
      if (watch === undefined && openAgainIn-- > 0) return;
      if (watch === undefined) open();
      const change = watch === undefined ? undefined : readChange(watch.read);
      if (change !== undefined) known = tell(options, change, known);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== refusal) log("warn", "network_watch_failed", { reason });
      refusal = reason;
      openAgainIn = LOOKS_APART;
      close();
    }
  }

  look();
  const timer = setInterval(look, LOOK_MS);
  return (): void => {
    clearInterval(timer);
    close();
  };
}

/** Tells all listeners. Returns the host's addresses, of which `known` were there before. */
function tell(
  options: NetworkWatchOptions,
  change: NetworkChange,
  known: string,
): string {
  const { log, listeners, addressListeners } = options;
  for (const listener of listeners) listener(change);
  const mayDiffer = change.isUnknown || change.hasAddresses;
  if (!mayDiffer && !change.hasRoutes) return known;
  const now = mayDiffer ? addressKey(options) : known;
  if (now !== known) log("info", "addresses_changed");
  // An address that came and went between two looks may be the source of a socket.
  for (const listener of addressListeners) listener();
  return now;
}

/** The host's addresses without those of the TUN, as one text. */
function addressKey({ kernel, tunIndex }: NetworkWatchOptions): string {
  return listAddresses(kernel)
    .filter(({ index }) => index !== tunIndex)
    .map(({ index, octets }) => `${index} ${octets.join(".")}`)
    .sort()
    .join();
}

/** Undefined if nothing came. */
function readChange(
  read: (each: (message: Message) => void) => boolean,
): NetworkChange | undefined {
  const change = {
    ...{ hasLinks: false, hasAddresses: false, hasRoutes: false, hasDefaults: false },
    hasRules: false,
    removedRoutes: [] as ToldRoute[],
    disturbed: new Set<number>(),
  };
  let isAny = false;
  const isWhole = read((message) => {
    isAny = true;
    note(change, message);
  });
  return isAny || !isWhole ? { ...change, isUnknown: !isWhole } : undefined;
}

/** Whether a message is about a route of ours or a default route. */
function concernsUs({ body }: Message): boolean {
  return body.getUint8(ROUTE_BITS_AT) === 0 || body.getUint8(ROUTE_PROTOCOL_AT) === OUR_PROTOCOL;
}

type Noted = Omit<Mutable<NetworkChange>, "isUnknown" | "removedRoutes" | "disturbed"> & {
  readonly removedRoutes: ToldRoute[];
  readonly disturbed: Set<number>;
};

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] };

function note(change: Noted, message: Message): void {
  switch (message.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const { index, isUp } = parseLink(message);
      change.hasLinks = true;
      if (!isUp) change.disturbed.add(index);
      return;
    }
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const address = parseHostAddress(message);
      change.hasAddresses = true;
      if (message.type === RTM_DELADDR && address !== undefined) {
        change.disturbed.add(address.index);
      }
      return;
    }
    case RTM_DELRULE:
      change.hasRules ||= parseOurRule(message) !== undefined;
      return;
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      change.hasRoutes ||= message.body.getUint8(ROUTE_PROTOCOL_AT) !== OUR_PROTOCOL;
      // A router may tell of thousands: only what concerns us is read.
      if (!concernsUs(message)) return;
      const route = parseRoute(message);
      const isOurs = route.protocol === OUR_PROTOCOL;
      if (message.type === RTM_DELROUTE && isOurs) change.removedRoutes.push(route);
      change.hasDefaults ||= route.table === RT_TABLE_MAIN && route.bits === 0;
    }
  }
}
