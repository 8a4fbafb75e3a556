// The shell's instance of the core. A trap in it must not end in an answer of the API while lanes wait for the lock that it held.

import type { Core } from "../../ts-bindings/core.ts";

/** The same core, whose traps are handed to `onTrap`. */
export function guardCore(core: Core, onTrap: (error: unknown) => never): Core {
  const guarded = Object.entries(core).map(([name, call]) => [name, guard(call, onTrap)]);
  return Object.fromEntries(guarded) as unknown as Core;
}

function guard(
  call: (...args: number[]) => unknown,
  onTrap: (error: unknown) => never,
): (...args: number[]) => unknown {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      return onTrap(error);
    }
  };
}
