// The vectors of the repository (wasm-core/tests/vectors) that are packets of ESP: those with a
// nonce of 12 octets and an AAD of 8 or 12.

import { readFile } from "node:fs/promises";
import type { AeadName } from "./aead.ts";

/** One published or derived packet. */
export interface AeadVector {
  readonly name: string;
  readonly aead: AeadName;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly plain: Uint8Array;
  readonly sealed: Uint8Array;
  /** 16 octets, or the first 8 or 12 of them. */
  readonly tag: Uint8Array;
}

/** The vectors by file. */
export interface AeadVectors {
  /** McGrew's, those of RFC 7634, RFC 8439 and NIST, and those derived from them. */
  readonly packets: readonly AeadVector[];
  /** Wycheproof's valid cases. */
  readonly aesGcm: readonly AeadVector[];
  readonly chacha: readonly AeadVector[];
  readonly esp: readonly AeadVector[];
}

/**
 * Reads all of them.
 *
 * Wycheproof's forged cases have no AAD of ESP's lengths: whoever runs vectors spoils the valid
 * ones instead.
 */
export async function loadAeadVectors(): Promise<AeadVectors> {
  const packets = await read<readonly PacketVector[]>("aead_packets");
  const [aes, chacha] = [
    await read<Suite>("aes_gcm_test"),
    await read<Suite>("chacha20_poly1305_test"),
  ];
  const esp = await read<readonly EspVector[]>("esp");
  const ofEsp = ({ nonce, aad }: AeadVector): boolean =>
    nonce.length === 12 && (aad.length === 8 || aad.length === 12);
  return {
    packets: packets.map(fromPacket).filter(ofEsp),
    aesGcm: fromSuite(aes, "aes-gcm-16").filter(ofEsp),
    chacha: fromSuite(chacha, "chacha20-poly1305").filter(ofEsp),
    esp: esp.map(fromEsp),
  };
}

/** A case of Wycheproof's, and whether it is to be opened. */
export interface AeadCase extends AeadVector {
  readonly isValid: boolean;
}

/** Reads all cases of Wycheproof's that have a nonce of 12 octets, forged ones among them. */
export async function loadAeadCases(): Promise<readonly AeadCase[]> {
  const files: readonly [string, AeadName][] = [
    ["aes_gcm_test", "aes-gcm-16"],
    ["chacha20_poly1305_test", "chacha20-poly1305"],
  ];
  const suites = await Promise.all(files.map(async ([file, aead]) => {
    const { testGroups } = await read<Suite>(file);
    return testGroups.flatMap(({ tests }) => tests).map((one) => fromCase(one, aead));
  }));
  return suites.flat().filter(({ nonce }) => nonce.length === 12);
}

interface PacketVector {
  readonly name: string;
  readonly algorithm: "AES-GCM" | "ChaCha20-Poly1305";
  readonly key: string;
  readonly nonce: string;
  readonly aad: string;
  readonly plaintext: string;
  readonly sealed: string;
  readonly tag: string;
}

function fromPacket(vector: PacketVector): AeadVector {
  const { name, algorithm, key, nonce, aad, plaintext, sealed, tag } = vector;
  return {
    name,
    aead: algorithm === "AES-GCM" ? "aes-gcm-16" : "chacha20-poly1305",
    key: octets(key),
    nonce: octets(nonce),
    aad: octets(aad),
    plain: octets(plaintext),
    sealed: octets(sealed),
    tag: octets(tag),
  };
}

/** A file of Wycheproof's. */
interface Suite {
  readonly testGroups: readonly { readonly tests: readonly SuiteCase[] }[];
}

interface SuiteCase {
  readonly tcId: number;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: "valid" | "invalid";
}

function fromSuite({ testGroups }: Suite, aead: AeadName): AeadVector[] {
  const cases = testGroups.flatMap(({ tests }) => tests).map((one) => fromCase(one, aead));
  return cases.filter(({ isValid }) => isValid);
}

function fromCase({ tcId, result, ...parts }: SuiteCase, aead: AeadName): AeadCase {
  return {
    name: `case ${tcId}`,
    isValid: result === "valid",
    aead,
    key: octets(parts.key),
    nonce: octets(parts.iv),
    aad: octets(parts.aad),
    plain: octets(parts.msg),
    sealed: octets(parts.ct),
    tag: octets(parts.tag),
  };
}

interface EspVector {
  readonly name: string;
  readonly aead: AeadName;
  readonly "key_material": string;
  readonly esn: boolean;
  readonly seq: string;
  readonly packet: string;
  readonly "next_header": number;
  readonly payload: string;
}

/** RFC 4303 §2.4: the trailer has 1, 2, 3, ... and their number. */
function fromEsp(vector: EspVector): AeadVector {
  const [material, packet, payload] = [
    octets(vector.key_material),
    octets(vector.packet),
    octets(vector.payload),
  ];
  const sealed = packet.slice(16, -16);
  const padLen = sealed.length - payload.length - 2;
  const pad = Array.from({ length: padLen }, (_, n) => n + 1);
  const sequence = octets(vector.seq);
  return {
    name: `ESP ${vector.name}`,
    aead: vector.aead,
    key: material.slice(0, -4),
    nonce: Uint8Array.of(...material.slice(-4), ...packet.slice(8, 16)),
    aad: Uint8Array.of(...packet.slice(0, 4), ...vector.esn ? sequence : sequence.slice(4)),
    plain: Uint8Array.of(...payload, ...pad, padLen, vector.next_header),
    sealed,
    tag: packet.slice(-16),
  };
}

async function read<T>(file: string): Promise<T> {
  const url = new URL(`../../wasm-core/tests/vectors/${file}.json`, import.meta.url);
  return JSON.parse(await readFile(url, "utf8"));
}

function octets(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}
