// Adds and removes routes of the main table into a device, through rtnetlink. Our routes carry the
// protocol "static", and only routes with that protocol are removed. A route that the operator made
// by hand stays, because `ip route` gives it the protocol "boot".

import { addressText } from "../model/address.ts";
import {
  AF_NETLINK,
  EEXIST,
  EPERM,
  ESRCH,
  MSG_DONTWAIT,
  NETLINK_ROUTE,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM_DELROUTE,
  RTM_NEWROUTE,
  SOCK_CLOEXEC,
  SOCK_RAW,
} from "./constants.ts";
import { failed } from "./errno.ts";
import { expectDone, type Kernel, SCRATCH_LEN } from "./kernel.ts";
import { emitRouteRequest, parseAnswer } from "./netlink.ts";

/** A prefix, and the device through which it is reached. */
export interface Route {
  /** 4 or 16 octets without host bits. */
  readonly octets: Uint8Array;
  readonly bits: number;
  /** Interface index. */
  readonly index: number;
}

/**
 * Adds a route.
 *
 * @returns "existed" if the prefix already has a route, through this device or another; it is left
 *   as it is
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

interface Exchange {
  readonly action: string;
  /** The errno that is an answer and not a failure. */
  readonly tolerated: number;
}

/** Sends one request and reads its answer. False if the answer was the tolerated errno. */
function isDone(kernel: Kernel, message: Uint8Array, exchange: Exchange): boolean {
  const { libc } = kernel;
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  expectDone(libc, fd, exchange.action);
  try {
    const errno = answerTo(kernel, fd, { message, action: exchange.action });
    if (errno === 0) return true;
    if (errno === exchange.tolerated) return false;
    throw failed(exchange.action, errno, errno === EPERM ? "needs CAP_NET_ADMIN" : undefined);
  } finally {
    libc.close(fd);
  }
}

/**
 * Returns errno of the answer. The kernel handles a request within `send`, so the answer is there
 * when the call returns.
 */
function answerTo(
  kernel: Kernel,
  fd: number,
  request: { readonly message: Uint8Array; readonly action: string },
): number {
  const { libc, scratch } = kernel;
  scratch.u8.set(request.message);
  const sent = libc.send(fd, scratch.at(0), request.message.length, MSG_DONTWAIT);
  expectDone(libc, sent, request.action);
  const len = libc.recv(fd, scratch.at(0), SCRATCH_LEN, MSG_DONTWAIT);
  return parseAnswer(scratch.view, expectDone(libc, len, request.action));
}

function routeText({ octets, bits }: Route): string {
  return `${addressText(octets)}/${bits}`;
}
