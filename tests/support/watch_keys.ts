// Sees the keys that are parsed, for tests of what is left of them.

/** Octets of the keys that are watched; no address has so many. */
const KEY_LEN = 20;

/** Runs `body`; the octets that were made of keying material meanwhile, as they are after it. */
export function watchKeys(body: () => void): readonly Uint8Array[] {
  const keys: Uint8Array[] = [];
  const { from } = Uint8Array;

  function watched(...args: Parameters<typeof from>): Uint8Array<ArrayBuffer> {
    const key = from.apply(Uint8Array, args);
    if (key.length === KEY_LEN) keys.push(key);
    return key;
  }

  Uint8Array.from = watched as typeof from;
  try {
    body();
  } finally {
    Uint8Array.from = from;
  }
  return keys;
}
