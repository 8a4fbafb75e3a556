// Key exchange on elliptic curves: X25519 (RFC 8031) and the NIST curves modulo a prime (RFC 5903).
// Keys go to and from the runtime as JSON Web Keys (RFC 7517), since that is the one form in which
// both runtimes take every one of these curves.

import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { KeyExchange, KeyPair } from "./key_exchange.ts";

/** The id of a method on a curve. */
type CurveId = 19 | 20 | 21 | 31;

/** How a curve's values look on the wire and in the runtime. */
interface Curve {
  /** Octets of one coordinate, padded to the field. */
  readonly coordinateLen: number;
  /** Coordinates in a KE payload: x alone, or x and y (RFC 5903 §7). */
  readonly coordinates: 1 | 2;
  /** Members of the JSON Web Key that are not coordinates. */
  readonly kind: { readonly kty: "OKP" | "EC"; readonly crv: string };
  generate(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
}

const CURVES: Readonly<Record<CurveId, Curve>> = {
  19: nistCurve("P-256", "prime256v1", 32),
  20: nistCurve("P-384", "secp384r1", 48),
  21: nistCurve("P-521", "secp521r1", 66),
  31: {
    coordinateLen: 32,
    coordinates: 1,
    kind: { kty: "OKP", crv: "X25519" },
    generate: () => generateKeyPairSync("x25519"),
  },
};

function nistCurve(crv: string, namedCurve: string, coordinateLen: number): Curve {
  return {
    coordinateLen,
    coordinates: 2,
    kind: { kty: "EC", crv },
    generate: () => generateKeyPairSync("ec", { namedCurve }),
  };
}

/** The method of a curve. */
export function curve(id: CurveId): KeyExchange {
  const shape = CURVES[id];
  const publicLen = shape.coordinates * shape.coordinateLen;
  const make = (): KeyPair => generate(shape, publicLen);
  return { id, publicLen, generate: make, respond: make };
}

function generate(shape: Curve, publicLen: number): KeyPair {
  const { privateKey, publicKey } = shape.generate();
  const publicValue = valueOf(publicKey, shape, publicLen);
  return {
    publicValue,
    agree: (peerValue) =>
      peerValue.length === publicLen ? agree(privateKey, shape, peerValue) : undefined,
  };
}

/** The coordinates of a public key, each padded with zeros in front. */
function valueOf(key: KeyObject, { coordinateLen }: Curve, publicLen: number): Uint8Array {
  const { x = "", y } = key.export({ format: "jwk" });
  const value = new Uint8Array(publicLen);
  [x, y].forEach((text, i) => {
    if (text === undefined) return;
    const octets = Buffer.from(text, "base64url");
    value.set(octets, (i + 1) * coordinateLen - octets.length);
  });
  return value;
}

function agree(
  privateKey: KeyObject,
  { kind, coordinateLen, coordinates }: Curve,
  peerValue: Uint8Array,
): Uint8Array | undefined {
  const x = textOf(peerValue.subarray(0, coordinateLen));
  const y = coordinates === 2 ? { y: textOf(peerValue.subarray(coordinateLen)) } : {};
  try {
    const publicKey = createPublicKey({ key: { ...kind, x, ...y }, format: "jwk" });
    // The runtimes refuse a point that is off its curve, and a result that is zero.
    const secret = diffieHellman({ privateKey, publicKey });
    const octets = Uint8Array.from(secret);
    secret.fill(0);
    return octets;
  } catch {
    // The peer chose the value, so a refusal is an answer and not a failure.
    return undefined;
  }
}

function textOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("base64url");
}
