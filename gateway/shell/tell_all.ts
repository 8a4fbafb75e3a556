// Tells a list of listeners of something, one after the other.

/**
 * Tells each listener, in order. When one throws, those behind it still hear.
 *
 * @throws {unknown} The first error, after the last listener has heard
 */
export function tellAll<Listener>(
  listeners: readonly Listener[],
  tell: (listener: Listener) => void,
): void {
  const errors = listeners.flatMap((listener) => errorOf(() => tell(listener)));
  if (errors.length > 0) throw errors[0];
}

/** The error that `action` throws, in an array; empty if there is none. */
function errorOf(action: () => void): unknown[] {
  try {
    action();
    return [];
  } catch (error) {
    return [error];
  }
}
