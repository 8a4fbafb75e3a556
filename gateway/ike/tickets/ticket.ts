// Tickets for session resumption (RFC 5723 §6): all that a responder has to know of an IKE SA,
// sealed under a key that only responders have. So it keeps nothing for clients that may come back.
//
//   version 1 | key id 4 | nonce 12 | AES-256-GCM of the state | tag 16
//
// The key id and the version are the AAD. The nonce is the ticket's name.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { createReader } from "../wire/reader.ts";
import { createWriter } from "../wire/writer.ts";

/** A key that seals tickets. */
export interface TicketKey {
  /** 32 bits; no two keys that are in use have the same. */
  readonly id: number;
  /** 32 octets. The caller keeps them, and wipes them in the end. */
  readonly key: Uint8Array;
}

/** Transforms of an IKE SA by their numbers; 0 for what there is not. */
export interface TicketSuite {
  readonly encr: number;
  readonly keyBits: number;
  readonly prf: number;
  readonly ke: number;
  readonly ke1: number;
}

/** What a ticket holds (RFC 5723 §5). */
export interface TicketState {
  /** When it expires, ms since 1970. */
  readonly expiresAt: number;
  /** How long holds what the client has proved, ms since 1970: tickets behind it end then too. */
  readonly provenUntil: number;
  readonly suite: TicketSuite;
  /** SK_d; whoever opened the ticket wipes it. */
  readonly d: Uint8Array;
  /** Bodies of the ID payloads of the client and of the responder. */
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  /** Digest of the policy that the client has met: a changed policy is none. */
  readonly policy: Uint8Array;
}

/** A ticket that was opened. */
export interface OpenedTicket {
  readonly name: string;
  readonly state: TicketState;
}

/**
 * Seals a ticket.
 *
 * @param nonce 12 octets that the key has never met: random ones
 */
export function sealTicket(
  state: TicketState,
  { id, key }: TicketKey,
  nonce: Uint8Array,
): Uint8Array {
  const writer = createWriter(new Uint8Array(LEN_MAX));
  writer.u8(VERSION);
  writer.u32(id);
  const aad = writer.written().slice();
  writer.octets(nonce);
  const plain = emitState(state);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_LEN });
  cipher.setAAD(aad);
  writer.octets(cipher.update(plain));
  cipher.final();
  writer.octets(cipher.getAuthTag());
  plain.fill(0);
  return writer.written().slice();
}

/** Opens a ticket; undefined if no key here has sealed these octets. It may have expired. */
export function openTicket(
  octets: Uint8Array,
  keys: readonly TicketKey[],
): OpenedTicket | undefined {
  const reader = createReader(octets);
  const [version, id] = [reader.u8(), reader.u32()];
  const nonce = reader.take(NONCE_LEN);
  const sealed = reader.take(reader.left() - TAG_LEN);
  const tag = reader.rest();
  const key = keys.find((one) => one.id === id);
  const isReadable = !reader.isShort() && version === VERSION && octets.length <= LEN_MAX;
  if (!isReadable || key === undefined) return undefined;
  const options = { authTagLength: TAG_LEN };
  const decipher = createDecipheriv("aes-256-gcm", key.key, nonce, options);
  decipher.setAAD(octets.subarray(0, AAD_LEN));
  decipher.setAuthTag(tag);
  const plain = decipher.update(sealed);
  try {
    decipher.final();
  } catch {
    // Somebody else's octets, so a refusal is an answer and not a failure.
    plain.fill(0);
    return undefined;
  }
  const state = parseState(plain);
  plain.fill(0);
  return state && { name: ticketName(octets), state };
}

/** The name of a ticket: its nonce, which no other has. */
export function ticketName(octets: Uint8Array): string {
  return Buffer.from(octets.subarray(AAD_LEN, AAD_LEN + NONCE_LEN)).toString("base64");
}

function emitState(
  { expiresAt, provenUntil, suite, d, client, server, policy }: TicketState,
): Uint8Array {
  const writer = createWriter(new Uint8Array(LEN_MAX));
  for (const time of [expiresAt, provenUntil]) {
    writer.u32(Math.floor(time / 2 ** 32));
    writer.u32(time % 2 ** 32);
  }
  const { encr, keyBits, prf, ke, ke1 } = suite;
  for (const value of [encr, keyBits, prf, ke, ke1]) writer.u16(value);
  for (const part of [d, client, server, policy]) {
    writer.u16(part.length);
    writer.octets(part);
  }
  return writer.written();
}

/** Copies everything, since the octets are wiped. */
function parseState(plain: Uint8Array): TicketState | undefined {
  const reader = createReader(plain);
  const time = (): number => reader.u32() * 2 ** 32 + reader.u32();
  const [expiresAt, provenUntil] = [time(), time()];
  const numbers = { encr: reader.u16(), keyBits: reader.u16(), prf: reader.u16() };
  const suite = { ...numbers, ke: reader.u16(), ke1: reader.u16() };
  const part = (): Uint8Array => Uint8Array.from(reader.take(reader.u16()));
  const [d, client, server, policy] = [part(), part(), part(), part()];
  if (reader.isShort() || reader.left() > 0) return undefined;
  return { expiresAt, provenUntil, suite, d, client, server, policy };
}

const VERSION = 1;
const AAD_LEN = 5;

/** Octets of a ticket's nonce. */
export const NONCE_LEN = 12;

const TAG_LEN = 16;

/** Two identities of the greatest length, and the rest. */
const LEN_MAX = 2304;
