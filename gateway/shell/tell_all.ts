// Tells listeners of something, one after the other.

/**
 * Tells each listener, in order. One that throws keeps none of those behind it from hearing.
 *
 * @throws {unknown} After the last has heard: what the first of those that failed has thrown
 */
export function tellAll<Listener>(
  listeners: readonly Listener[],
  tell: (listener: Listener) => void,
): void {
  const errors = listeners.flatMap((listener) => errorOf(() => tell(listener)));
  if (errors.length > 0) throw errors[0];
}

/** What `action` throws, or nothing. */
function errorOf(action: () => void): unknown[] {
  try {
    action();
    return [];
  } catch (error) {
    return [error];
  }
}
