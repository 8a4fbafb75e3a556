// Identities of peers (RFC 7296 §3.5): their texts in settings and logs, and the form in which
// equal ones are equal.

import { addressText, parseAddress } from "../../model/address.ts";
import type { ParsedText } from "../../model/text_codec.ts";
import { dnText, isDnPattern, matchesDn } from "./distinguished_name.ts";

/** Types of identities that settings can name. */
const TYPE = { IPV4: 1, FQDN: 2, MAIL: 3, IPV6: 5, DN: 9, KEY_ID: 11 } as const;

/** An identity: a type of RFC 7296 §3.5, and its data. */
export interface Identity {
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * Reads an identity as strongSwan and libreswan write them: `192.0.2.1`, `2001:db8::1`,
 * `gw.example.org`, `@gw.example.org`, `carol@example.org`, and `@#` with hex for a key id.
 */
export function parseIdentity(text: string): ParsedText<Identity> {
  if (text.startsWith("@#")) return parseKeyId(text.slice(2));
  const address = parseAddress(text);
  if (address !== undefined) {
    const { octets } = address;
    return { value: { type: octets.length === 4 ? TYPE.IPV4 : TYPE.IPV6, data: octets } };
  }
  const name = text.startsWith("@") ? text.slice(1) : text;
  if (!NAME.test(name)) return { problem: PROBLEM };
  const type = name.includes("@") ? TYPE.MAIL : TYPE.FQDN;
  return { value: { type, data: new TextEncoder().encode(name) } };
}

function parseKeyId(hex: string): ParsedText<Identity> {
  if (!KEY_ID.test(hex)) return { problem: "must have pairs of hex digits behind @#" };
  return { value: { type: TYPE.KEY_ID, data: Uint8Array.from(Buffer.from(hex, "hex")) } };
}

/**
 * An identity as text for logs and answers; `parseIdentity` reads it again if it is a name, an
 * address or a key id. Names that hold other characters than names have are written in hex, since a
 * stranger chooses them.
 */
export function identityText({ type, data }: Identity): string {
  if (isAddress({ type, data })) return addressText(data);
  const name = nameOf({ type, data });
  if (name !== undefined && NAME.test(name)) return name;
  const dn = type === TYPE.DN ? dnText(data) : undefined;
  if (dn !== undefined) return dn;
  const hex = Buffer.from(data).toString("hex");
  return type === TYPE.KEY_ID ? `@#${hex}` : `type ${type} ${hex}`;
}

/**
 * A text that is the same for identities that mean the same. The names of hosts and mailboxes do
 * not depend on case.
 */
export function identityKey(identity: Identity): string {
  const name = nameOf(identity);
  const value = name === undefined
    ? Buffer.from(identity.data).toString("hex")
    : name.toLowerCase();
  return `${identity.type}:${value}`;
}

/** Whether an identity is one that a setting names. `pattern` has no problem. */
export function matchesPattern(pattern: string, identity: Identity): boolean {
  if (pattern === ANY) return true;
  if (pattern.includes("=")) return identity.type === TYPE.DN && matchesDn(pattern, identity.data);
  const name = nameOf(identity)?.toLowerCase();
  if (pattern.startsWith("*")) {
    const isMail = pattern.startsWith("*@");
    const end = pattern.slice(1).toLowerCase();
    return name !== undefined && name.length > end.length && name.endsWith(end) &&
      isMail === (identity.type === TYPE.MAIL);
  }
  const parsed = parseIdentity(pattern);
  return "value" in parsed && identityKey(parsed.value) === identityKey(identity);
}

/** The problem with a pattern of identities; undefined if it is one. */
export function patternProblem(text: string): string | undefined {
  if (text === ANY || WILD.test(text) || isDnPattern(text)) return undefined;
  const parsed = parseIdentity(text);
  return "problem" in parsed ? parsed.problem : undefined;
}

/** Every identity. */
export const ANY = "%any";

const PROBLEM = "must be an address, a name, a mailbox, or @# with hex";

/** Printable ASCII without what logs, shells and patterns give a meaning. */
const NAME = /^[A-Za-z0-9._~+@:-]+$/;

/** `*.example.org` and `*@example.org`. */
const WILD = /^\*[.@][A-Za-z0-9._-]+$/;

const KEY_ID = /^([0-9A-Fa-f]{2})+$/;

function isAddress({ type, data }: Identity): boolean {
  return (type === TYPE.IPV4 && data.length === 4) || (type === TYPE.IPV6 && data.length === 16);
}

/** The name in ASCII; undefined if the identity is no name, or has other octets. */
function nameOf({ type, data }: Identity): string | undefined {
  if (type !== TYPE.FQDN && type !== TYPE.MAIL) return undefined;
  return data.every((octet) => octet > 0x20 && octet < 0x7f)
    ? String.fromCharCode(...data)
    : undefined;
}
