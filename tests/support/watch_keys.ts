// Sees the octets of keys that are parsed, for tests of their wiping.

/** Octets of the keys that are watched; no address is this long. */
const KEY_LEN = 20;

/** Runs `body`, and returns the octets of the keys that it has parsed, in their state after it. */
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
