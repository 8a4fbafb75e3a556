// The configuration payload (RFC 7296 §2.19, §3.15; RFC 8598): which addresses a client asks for,
// the answer, and what the client makes of that.

import { type IpAddress, isV6 } from "../../model/address.ts";
import { makePrefix, type Prefix } from "../../model/prefix.ts";
import { CP_ATTRIBUTE, CP_TYPE } from "../wire/constants.ts";
import type { CpAttribute, CpPayload } from "../wire/payloads/cp.ts";

/** The address of one family that a client asks for. */
export interface Asked {
  /** The one that it would like; undefined if any will do. */
  readonly wish: IpAddress | undefined;
}

/** What a client asks for: undefined for a family that it does not name. */
export interface AskedAddresses {
  readonly v4: Asked | undefined;
  readonly v6: Asked | undefined;
}

/** Reads the addresses that a CFG_REQUEST asks for: one of each family at most. */
export function askedAddresses({ attributes }: CpPayload): AskedAddresses {
  return {
    v4: askedOf(attributes, CP_ATTRIBUTE.INTERNAL_IP4_ADDRESS, V4_LEN),
    v6: askedOf(attributes, CP_ATTRIBUTE.INTERNAL_IP6_ADDRESS, V6_LEN),
  };
}

function askedOf(
  attributes: readonly CpAttribute[],
  type: number,
  len: number,
): Asked | undefined {
  const attribute = attributes.find((one) => one.type === type);
  if (attribute === undefined) return undefined;
  // An IPv6 address has its prefix length behind it.
  const octets = attribute.value.slice(0, len);
  // Clients without a wish send no value or zeros.
  return { wish: octets.some((octet) => octet !== 0) ? addressOf(octets) : undefined };
}

function addressOf(octets: Uint8Array): IpAddress {
  const { text } = makePrefix(octets, octets.length * 8);
  return { octets, text: text.slice(0, text.lastIndexOf("/")) };
}

/** What a client gets. */
export interface Granted {
  /** Its inner addresses, one of each family at most. */
  readonly addresses: readonly IpAddress[];
  /** Name servers. */
  readonly dns: readonly IpAddress[];
  /** Domains whose names these servers know (RFC 8598 §3.1). */
  readonly domains: readonly string[];
  /** Networks behind the gateway; a client is told of them unless they are everything. */
  readonly local: readonly Prefix[];
}

/**
 * Makes the CFG_REPLY: the addresses, and of the rest what the client has asked for. What it asks
 * for and nobody has stays out (RFC 7296 §3.15.1).
 */
export function configReply(request: CpPayload, granted: Granted): CpPayload {
  const asked = new Set(request.attributes.map(({ type }) => type));
  const attributes = [
    ...granted.addresses.map(addressAttribute),
    ...granted.dns.map(dnsAttribute),
    ...domainAttributes(granted),
    ...granted.local.filter(({ bits }) => bits > 0).map(subnetAttribute),
    { type: CP_ATTRIBUTE.SUPPORTED_ATTRIBUTES, value: SUPPORTED },
  ].filter(({ type }) => asked.has(type));
  return { kind: "cp", type: CP_TYPE.REPLY, attributes };
}

/**
 * Reads a CFG_REPLY, which grants nothing if there is none. What is malformed is passed over: the
 * tunnel does not need it.
 */
export function readReply(cp: CpPayload | null): Omit<Granted, "local"> {
  if (cp === null) return { addresses: [], dns: [], domains: [] };
  const { v4, v6 } = askedAddresses(cp);
  const valuesOf = (type: number): Uint8Array[] =>
    cp.attributes.filter((one) => one.type === type).map(({ value }) => value);
  const servers = [
    ...valuesOf(CP_ATTRIBUTE.INTERNAL_IP4_DNS).filter(({ length }) => length === V4_LEN),
    ...valuesOf(CP_ATTRIBUTE.INTERNAL_IP6_DNS).filter(({ length }) => length === V6_LEN),
  ];
  const domains = valuesOf(CP_ATTRIBUTE.INTERNAL_DNS_DOMAIN)
    .map((value) => String.fromCharCode(...value));
  return {
    addresses: [v4?.wish, v6?.wish].filter((address) => address !== undefined),
    dns: servers.map((octets) => addressOf(octets.slice())),
    domains: domains.filter((domain) => DOMAIN.test(domain)),
  };
}

/** A name (RFC 8598 §3.1) of letters, digits, hyphens and underscores. */
const DOMAIN = /^(?=.{1,253}$)\w(?:[\w-]{0,61}\w)?(?:\.\w(?:[\w-]{0,61}\w)?)*\.?$/;

function addressAttribute(address: IpAddress): CpAttribute {
  return isV6(address)
    ? { type: CP_ATTRIBUTE.INTERNAL_IP6_ADDRESS, value: withBits(address.octets, 128) }
    : { type: CP_ATTRIBUTE.INTERNAL_IP4_ADDRESS, value: address.octets };
}

function dnsAttribute(server: IpAddress): CpAttribute {
  const type = isV6(server) ? CP_ATTRIBUTE.INTERNAL_IP6_DNS : CP_ATTRIBUTE.INTERNAL_IP4_DNS;
  return { type, value: server.octets };
}

/** RFC 8598 §3.2: domains go only with a server that knows them. */
function domainAttributes({ dns, domains }: Granted): CpAttribute[] {
  if (dns.length === 0) return [];
  const type = CP_ATTRIBUTE.INTERNAL_DNS_DOMAIN;
  return domains.map((domain) => ({ type, value: new TextEncoder().encode(domain) }));
}

function subnetAttribute({ octets, bits }: Prefix): CpAttribute {
  if (octets.length === V6_LEN) {
    return { type: CP_ATTRIBUTE.INTERNAL_IP6_SUBNET, value: withBits(octets, bits) };
  }
  const value = new Uint8Array(2 * V4_LEN);
  value.set(octets);
  new DataView(value.buffer).setUint32(V4_LEN, maskOf(bits));
  return { type: CP_ATTRIBUTE.INTERNAL_IP4_SUBNET, value };
}

function withBits(octets: Uint8Array, bits: number): Uint8Array {
  const value = new Uint8Array(octets.length + 1);
  value.set(octets);
  value[octets.length] = bits;
  return value;
}

/** A netmask of 1 to 32 bits. */
function maskOf(bits: number): number {
  return (0xffff_ffff << (32 - bits)) >>> 0;
}

const V4_LEN = 4;
const V6_LEN = 16;

/** The attributes that this side knows, two octets each. */
const SUPPORTED = Uint8Array.from(
  [
    CP_ATTRIBUTE.INTERNAL_IP4_ADDRESS,
    CP_ATTRIBUTE.INTERNAL_IP4_DNS,
    CP_ATTRIBUTE.INTERNAL_IP6_ADDRESS,
    CP_ATTRIBUTE.INTERNAL_IP6_DNS,
    CP_ATTRIBUTE.INTERNAL_IP4_SUBNET,
    CP_ATTRIBUTE.INTERNAL_IP6_SUBNET,
    CP_ATTRIBUTE.INTERNAL_DNS_DOMAIN,
  ].flatMap((type) => [type >>> 8, type & 0xff]),
);
