// Requests to the module for certificates and its answers are fields: 4 octets of length, little
// endian, then the octets. A number has 8 of them (`wasm-pki/src/fields.rs`).

/** The fields of an answer, in their order. */
export interface Fields {
  octets(): Uint8Array;
  number(): number;
  text(): string;
  isEmpty(): boolean;
}

/** Reads fields. What they return are views. */
export function createFields(from: Uint8Array): Fields {
  const view = new DataView(from.buffer, from.byteOffset, from.length);
  let at = 0;
  function octets(): Uint8Array {
    const len = view.getUint32(at, LITTLE);
    at += 4 + len;
    return from.subarray(at - len, at);
  }
  return {
    octets,
    number(): number {
      const value = octets();
      return Number(new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, LITTLE));
    },
    text: () => new TextDecoder().decode(octets()),
    isEmpty: () => at >= from.length,
  };
}

export function field(octets: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + octets.length);
  new DataView(out.buffer).setUint32(0, octets.length, LITTLE);
  out.set(octets, 4);
  return out;
}

export function numberField(value: number): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(value), LITTLE);
  return field(octets);
}

export function textField(value: string): Uint8Array {
  return field(new TextEncoder().encode(value));
}

/** A list: a number, then as many fields. */
export function listFields(items: readonly Uint8Array[]): Uint8Array[] {
  return [numberField(items.length), ...items.map(field)];
}

/** Octets one behind the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((len, part) => len + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const LITTLE = true;
