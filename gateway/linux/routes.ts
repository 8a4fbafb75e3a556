// Adds and removes routes into a device, in routing tables of our own, through rtnetlink. They
// carry a protocol number of our own. Only routes are removed that agree in table, prefix, device
// and protocol.

import { addressText } from "../model/address.ts";
import {
  AF_INET6,
  EEXIST,
  ESRCH,
  LITTLE_ENDIAN,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_UNSPEC,
  RTA_DST,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_TABLE,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTN_UNICAST,
} from "./constants.ts";
import type { Kernel } from "./kernel.ts";
import { emitRequest, type Message, parseAttributes, u32Attribute, u32Of } from "./netlink.ts";
import { dump, isDone } from "./netlink_socket.ts";
import { familyOf } from "./structs.ts";

/** A prefix, the device through which it is reached, and the table that says so. */
export interface Route {
  /** 4 or 16 octets without host bits. */
  readonly octets: Uint8Array;
  readonly bits: number;
  /** Interface index. */
  readonly index: number;
  readonly table: number;
}

/**
 * Protocol of our routes and rules (`ip route` shows it as `proto 93`). /etc/iproute2/rt_protos
 * gives the number to nobody.
 */
export const OUR_PROTOCOL = 93;

/**
 * Adds a route.
 *
 * @returns "existed" if the table already has a route for the prefix, through this device or
 *   another; it is left as it is
 * @throws {Error} `Cannot add route 10.93.30.0/24: EPERM (needs CAP_NET_ADMIN)`
 */
export function addRoute(kernel: Kernel, route: Route): "added" | "existed" {
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  const action = `Cannot add route ${routeText(route)}`;
  const message = emitRouteRequest({ type: RTM_NEWROUTE, flags, ...route });
  return isDone(kernel, message, { action, tolerated: EEXIST }) ? "added" : "existed";
}

/**
 * Removes a route that `addRoute` added.
 *
 * @returns "absent" if there is no such route
 * @throws {Error} `Cannot remove route 10.93.30.0/24: EPERM (needs CAP_NET_ADMIN)`
 */
export function removeRoute(kernel: Kernel, route: Route): "removed" | "absent" {
  const action = `Cannot remove route ${routeText(route)}`;
  const message = emitRouteRequest({ type: RTM_DELROUTE, flags: 0, ...route });
  return isDone(kernel, message, { action, tolerated: ESRCH }) ? "removed" : "absent";
}

/** A request about one route. */
export interface RouteRequest extends Route {
  /** RTM_NEWROUTE or RTM_DELROUTE. */
  readonly type: number;
  readonly flags: number;
}

/** Makes a request to add or remove a route. */
export function emitRouteRequest(request: RouteRequest): Uint8Array<ArrayBuffer> {
  const { type, flags, octets, bits, index, table } = request;
  const family = familyOf(octets);
  // An IPv6 route has no scope. An IPv4 route without a gateway has the scope of its link.
  const scope = family === AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  const head = [family, bits, 0, 0, RT_TABLE_UNSPEC, OUR_PROTOCOL, scope, RTN_UNICAST];
  return emitRequest({
    type,
    flags,
    head: Uint8Array.from([...head, 0, 0, 0, 0]),
    attributes: [
      { type: RTA_DST, data: octets },
      u32Attribute(RTA_OIF, index),
      u32Attribute(RTA_TABLE, table),
    ],
  });
}

/** A route as a message of the kernel tells it. */
export interface ToldRoute {
  readonly family: number;
  /** Destination; without octets it is everything. */
  readonly octets: Uint8Array | undefined;
  readonly bits: number;
  /** Interface indices: one, or several for several ways; none if it leads nowhere. */
  readonly indices: readonly number[];
  readonly table: number;
  readonly protocol: number;
}

/** Reads RTM_NEWROUTE and RTM_DELROUTE. */
export function parseRoute(message: Message): ToldRoute {
  const { body } = message;
  const attributes = parseAttributes(message, RTMSG_LEN);
  const device = u32Of(attributes.get(RTA_OIF));
  const ways = attributes.get(RTA_MULTIPATH);
  return {
    family: body.getUint8(0),
    octets: attributes.get(RTA_DST),
    bits: body.getUint8(ROUTE_BITS_AT),
    indices: device === undefined ? hops(ways) : [device],
    table: u32Of(attributes.get(RTA_TABLE)) ?? body.getUint8(4),
    protocol: body.getUint8(ROUTE_PROTOCOL_AT),
  };
}

/** Indices of the devices of `rtnexthop` records: len 2 | flags 1 | hops 1 | index 4 | more. */
function hops(ways: Uint8Array | undefined): number[] {
  const indices: number[] = [];
  if (ways === undefined) return indices;
  const view = new DataView(ways.buffer, ways.byteOffset, ways.length);
  for (let at = 0; at + 8 <= ways.length;) {
    indices.push(view.getUint32(at + 4, LITTLE_ENDIAN));
    const len = view.getUint16(at, LITTLE_ENDIAN);
    if (len < 8) break;
    at += (len + 3) & ~3;
  }
  return indices;
}

/** Which routes to read. */
export interface RouteList {
  readonly family: number;
  readonly of: { readonly table: number } | { readonly index: number };
  /** Reads the beginning only. The kernel lists the default route of a table first. */
  readonly isFirstOnly?: boolean;
}

/**
 * Reads the routes of a table, or those through a device.
 *
 * @param kernel With a window of 32 KiB
 */
export function listRoutes(kernel: Kernel, list: RouteList): ToldRoute[] {
  const { family, of, isFirstOnly = false } = list;
  const head = new Uint8Array(RTMSG_LEN);
  head[0] = family;
  const filter = "table" in of
    ? u32Attribute(RTA_TABLE, of.table)
    : u32Attribute(RTA_OIF, of.index);
  const request = { type: RTM_GETROUTE, flags: NLM_F_DUMP, head, attributes: [filter] };
  const message = emitRequest(request);
  const routes: ToldRoute[] = [];
  dump(kernel, { message, action: "Cannot list routes", isFirstOnly }, (told) => {
    if (told.type === RTM_NEWROUTE) routes.push(parseRoute(told));
  });
  // Older kernels do not filter, and list all.
  return routes.filter(({ table, indices }) =>
    "table" in of ? table === of.table : indices.includes(of.index)
  );
}

function routeText({ octets, bits }: Pick<Route, "octets" | "bits">): string {
  return `${addressText(octets)}/${bits}`;
}

const RTMSG_LEN = 12;

/** Offsets of the prefix's length and the protocol in `rtmsg`. */
export const ROUTE_BITS_AT = 1;
export const ROUTE_PROTOCOL_AT = 5;
