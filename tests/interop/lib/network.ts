// The network that every case has to itself: three network namespaces and a guest kernel. The case
// runs in "wire", the firewall in the middle, so it can cut connections and speak to both sides.
//
//     guest (UML)            wire                              gw                           ike
//     vec0 ------------ tap0   wire-gw --------------- gw-wire     gw-ike ---------- ike-gw
//     192.0.2.7   192.0.2.1    203.0.113.254         203.0.113.1   10.99.2.1         10.99.2.2
//     inner 10.93.30.7                                Culvert                        IKE daemon (where a case has one)
//
// Client and gateway have the addresses that they have in the examples of docs/guide, so that the
// cases can run these as they are. In `layGuests` the gateway's host is a second guest in the place
// of gw, on tap1.
//
// The inner network behind the gateway is 10.93.29.0/24: its 10.93.29.1 is on Culvert's TUN device,
// or on the IKE daemon's host where that opens the ESP.

import { script } from "./process.ts";

export const GUEST = "192.0.2.7";
export const GUEST_ROUTER = "192.0.2.1";
export const GATEWAY = "203.0.113.1";
export const GATEWAY_ROUTER = "203.0.113.254";
export const GATEWAY_TO_IKE = "10.99.2.1";
export const IKE = "10.99.2.2";
export const INNER_GUEST = "10.93.30.7";
export const INNER_HOST = "10.93.29.1";
export const INNER_NET = "10.93.29.0/24";
export const TCP_PORT = 4500;

/** A namespace beside the case's own; either can be where the inner host lives. */
export type Namespace = "gw" | "ike";

/** Makes the namespaces `gw` and `ike` beside the case's own, and the TAP device of the guest. */
export async function layNetwork(mtu: number): Promise<void> {
  await script(`
    ip link set lo up
    echo 1 >/proc/sys/net/ipv4/ip_forward
    ip tuntap add mode tap tap0
    ip addr add ${GUEST_ROUTER}/24 dev tap0
    ip netns add gw
    ip netns add ike
    ip link add wire-gw type veth peer name gw-wire netns gw
    ip -n gw link add gw-ike type veth peer name ike-gw netns ike
    ip addr add ${GATEWAY_ROUTER}/24 dev wire-gw
    ip -n gw addr add ${GATEWAY}/24 dev gw-wire
    ip -n gw addr add ${GATEWAY_TO_IKE}/24 dev gw-ike
    ip -n ike addr add ${IKE}/24 dev ike-gw
    for device in tap0 wire-gw; do ip link set $device mtu ${mtu} up; done
    ip -n gw link set gw-wire mtu ${mtu}
    for device in lo gw-wire gw-ike; do ip -n gw link set $device up; done
    for device in lo ike-gw; do ip -n ike link set $device up; done
    ip -n gw route add default via ${GATEWAY_ROUTER}
  `);
}

/** Makes the TAP devices of two guests, the client's and that of the gateway's host. */
export async function layGuests(mtu: number): Promise<void> {
  await script(`
    ip link set lo up
    echo 1 >/proc/sys/net/ipv4/ip_forward
    for device in tap0 tap1; do ip tuntap add mode tap $device; done
    ip addr add ${GUEST_ROUTER}/24 dev tap0
    ip addr add ${GATEWAY_ROUTER}/24 dev tap1
    for device in tap0 tap1; do ip link set $device mtu ${mtu} up; done
  `);
}

/** Puts a program into one of the namespaces of {@link layNetwork}. */
export function inNamespace(name: Namespace, command: readonly string[]): string[] {
  return ["ip", "netns", "exec", name, ...command];
}

/** Cuts the TCP connection in the middle: each side's next segment is answered with a reset. */
export async function cutTcp(): Promise<void> {
  await script(`nft -f - <<RULES
    table ip cut {
      chain forward {
        type filter hook forward priority 0
        tcp dport ${TCP_PORT} reject with tcp reset
        tcp sport ${TCP_PORT} reject with tcp reset
      }
    }
RULES`);
}

/** Lets TCP through again. */
export async function mendTcp(): Promise<void> {
  await script("nft delete table ip cut");
}

/** Drops everything between the gateway and the guest without a word, as a dead link does. */
export async function blackHole(): Promise<void> {
  await script(`nft -f - <<RULES
    table ip hole {
      chain forward {
        type filter hook forward priority 0
        drop
      }
    }
RULES`);
}
