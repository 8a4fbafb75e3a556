// The tests' own originator against packets that others have made. Without them, a wrong originator
// would only agree with itself.

import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { AeadName } from "./aead.ts";
import { openEsp, sealEsp, type SealOptions, type TestSa } from "./esp.ts";

interface Vector {
  readonly source: string;
  readonly aead: AeadName;
  readonly key: string;
  readonly spi: number;
  readonly seq: bigint;
  readonly esn?: boolean;
  readonly inner: string;
  readonly seal?: SealOptions;
  readonly packet: string;
}

/** The ICMP datagram of RFC 7634 App. A. */
const PING =
  "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f" +
  "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637";
const KEY_128 = "000102030405060708090a0b0c0d0e0f20212223";
const KEY_256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223";

const VECTORS: readonly Vector[] = [
  {
    source: "DPDK test_cryptodev_security_ipsec_test_vectors.h, pkt_aes_128_gcm",
    aead: "aes-gcm-16",
    key: "feffe9928665731c6d6a8f9467308308cafebabe",
    spi: 0x0000_a5f8,
    seq: 1n,
    inner: "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d0010000010000000000000373" +
      "69700963796265726369747902646b0000010001",
    seal: { iv: Buffer.from("facedbaddecaf888", "hex") },
    packet:
      "0000a5f800000001facedbaddecaf888deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d" +
      "114d2a5c3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd429c737579ff19e58" +
      "cffc607a3bce8994",
  },
  {
    source: "DPDK, pkt_aes_192_gcm",
    aead: "aes-gcm-16",
    key: "feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe",
    spi: 0x0000_a5f8,
    seq: 1n,
    inner: "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e501016d075670001",
    seal: { iv: Buffer.from("facedbaddecaf888", "hex") },
    packet:
      "0000a5f800000001facedbaddecaf888a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b" +
      "5bfbdbd0315b2745214bcc7782ac9138f2bbbee4cf033689dd40d36e54052222",
  },
  {
    source: "RFC 4106 with key 000102..0f, salt 20212223; Node/OpenSSL and Scapy agree",
    aead: "aes-gcm-16",
    key: KEY_128,
    spi: 0x1122_3344,
    seq: 1n,
    inner: PING,
    packet:
      "1122334400000001000000000000000165c3fbf027235cee5d72f847698a8722456e4d954675297ea0a9f9f6" +
      "ccacacafb773be06625315996d8c933124de26e9542fbdcdb12c0ef68df16de9c6b9bdc1a94da51728000928" +
      "cac51e92cb6a7dc6c9de02fb6517866264a3d7da3e779361a875cd82d86f6931",
  },
  {
    source:
      "AES-256, ESN, number 2^32: the low half on the wire is 0; Node/OpenSSL and Scapy agree",
    aead: "aes-gcm-16",
    key: KEY_256,
    spi: 0x1122_3344,
    seq: 0x1_0000_0000n,
    esn: true,
    inner: PING,
    packet:
      "11223344000000000000000100000000ac948a914de1092d6e75ed83296b72396691223df28aa6fad565bb14" +
      "59e888f4a82f8ffee5aa18b40833048adf999ab05fd8e82f3afbeb53a8da0534d2082401ec111b833ba1c48d" +
      "44829a60c034c796bdcabe62bfcd36f3b658237eef76e86739c31f7d59041a89",
  },
  {
    source: "RFC 7634 App. A",
    aead: "chacha20-poly1305",
    key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3",
    spi: 0x0102_0304,
    seq: 5n,
    inner: PING,
    seal: { iv: Buffer.from("1011121314151617", "hex") },
    packet:
      "0102030400000005101112131415161724039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef" +
      "407ae5c614ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b50" +
      "2773f6fb94e664da9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43",
  },
];

for (const vector of VECTORS) {
  const { inner, packet, seq } = vector;

  test(`sealEsp() makes the packet of ${vector.source}`, () => {
    const sealed = sealEsp(saOf(vector), Buffer.from(inner, "hex"), { seq, ...vector.seal });
    equal(sealed.toString("hex"), packet);
  });

  test(`openEsp() opens the packet of ${vector.source}, and no changed one`, () => {
    const octets = Buffer.from(packet, "hex");
    const opened = openEsp(saOf(vector, seq), octets);
    equal(opened?.inner.toString("hex"), inner);
    deepEqual([opened?.seq, opened?.nextHeader], [seq, 4]);
    for (const at of [4, 8, 16, octets.length - 1]) {
      const changed = Buffer.from(octets);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      equal(openEsp(saOf(vector, seq), changed), undefined, `octet ${at}`);
    }
  });
}

function saOf(vector: Vector, seq = 0n): TestSa {
  const { aead, spi, esn = false } = vector;
  return { aead, spi, esn, keyMaterial: Buffer.from(vector.key, "hex"), seq };
}
