// The AEADs of the core for IKE messages (RFC 5282, RFC 7634): one synchronous call for a message.
//
// The instance is private. It has a memory of its own, so that keys of IKE never lie in the memory
// that lanes share, and nothing of a message stays in it: the core wipes the key and the text that
// it is given, and this file the message. A call is constant-time in key and text.

import { AEADS } from "../../../ts-bindings/aead.ts";
import { type Core, instantiateCore, planMemory } from "../../../ts-bindings/core.ts";
import { IKE_MESSAGE_MAX } from "../../../ts-bindings/layout.ts";
import { type AeadName, keyMaterialLens } from "../../model/aead.ts";
import type { Aead } from "../wire/sealed.ts";

/** A key of one direction. */
export interface CoreAeadKey {
  readonly aead: AeadName;
  /**
   * Key, then salt. They are read at each message and never copied: wiping these octets wipes the
   * key. An AEAD whose key has been wiped throws.
   */
  readonly material: Uint8Array;
}

/** Makes an AEAD of a key. */
export type AeadMaker = (key: CoreAeadKey) => Aead;

/**
 * Makes the memory for {@link createAeads}, the smallest that the core plans.
 *
 * @throws {RangeError} If the system has none
 */
export function aeadMemory(module: WebAssembly.Module): WebAssembly.Memory {
  return planMemory(module, { lanes: 1, connections: 1, sas: 1, rings: 1, innerMtu: 68 });
}

/**
 * Makes an instance of the core that seals and opens IKE messages.
 *
 * @param module The core, as `loadCore` compiled it
 * @param memory Made for it alone
 */
export function createAeads(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory = aeadMemory(module),
): AeadMaker {
  const core = instantiateCore({ module, memory });
  const u8 = new Uint8Array(memory.buffer);
  // Nothing is laid out in this memory, so its end is free.
  const messageAt = u8.length - ROOM_LEN;
  const textAt = messageAt - ROOM_LEN;
  const desk: Desk = { core, u8, messageAt, textAt, keyAt: textAt - KEY_ROOM_LEN };
  return (key) => aeadOf(desk, key);
}

/** An instance of the core, and the places that it works on. */
interface Desk {
  readonly core: Core;
  readonly u8: Uint8Array;
  readonly messageAt: number;
  readonly textAt: number;
  readonly keyAt: number;
}

function aeadOf(desk: Desk, { aead, material }: CoreAeadKey): Aead {
  const { number, ivLen, icvLen } = AEADS[aead];
  if (!keyMaterialLens(aead).includes(material.length)) {
    throw new RangeError(`Cannot use a key of ${material.length} octets for ${aead}`);
  }
  const { core, u8, keyAt, messageAt, textAt } = desk;

  /** Lays key and message out. Returns the octets of the message. */
  function lay(aad: Uint8Array, body: Uint8Array): number {
    const len = aad.length + body.length;
    if (len > IKE_MESSAGE_MAX || body.length < ivLen + icvLen) {
      throw new RangeError(`Cannot take a message of ${len} octets`);
    }
    if (isWiped(material)) throw new Error("Cannot use a key that has been wiped");
    u8.set(material, keyAt);
    u8.set(aad, messageAt);
    u8.set(body, messageAt + aad.length);
    return len;
  }

  function wipe(len: number): void {
    u8.fill(0, messageAt, messageAt + len);
  }

  return {
    ivLen,
    icvLen,
    seal(aad, body): void {
      const len = lay(aad, body);
      u8.set(body.subarray(ivLen, -icvLen), textAt);
      const keyLen = material.length;
      const done = core.ike_seal(number, keyAt, keyLen, messageAt, len, aad.length, textAt);
      body.set(u8.subarray(messageAt + aad.length, messageAt + len));
      wipe(len);
      if (done === 0) throw new Error(`Cannot seal a message of ${len} octets`);
    },
    open(aad, body): boolean {
      const len = lay(aad, body);
      const done = core.ike_open(number, keyAt, material.length, messageAt, len, aad.length);
      body.set(u8.subarray(messageAt + aad.length, messageAt + len));
      wipe(len);
      return done === 1;
    },
  };
}

/** Whether nothing is left of a key. A message under such a key would be open to everyone. */
function isWiped(material: Uint8Array): boolean {
  return material.reduce((all, octet) => all | octet, 0) === 0;
}

/** Room for a message, and for its text: a page. */
const ROOM_LEN = 65_536;

/** Room for key and salt. */
const KEY_ROOM_LEN = 64;
