// The shell's instance of the core. A trap in it must end the process: it must not become a failed
// call of the API, because lanes may wait for ever for a lock that the trapped call has held.

import type { Core } from "../../ts-bindings/core.ts";

/**
 * Makes a copy of the core that hands each trap to `onTrap`.
 *
 * It wraps whatever the core exports, because every export can trap and no caller should have to
 * think of it. A list by hand would miss the next export. The shell calls the core a few times for
 * each request, so the wrapper costs nothing that counts; lanes use the bare core.
 *
 * @param onTrap Ends the process; gets what the call has thrown
 */
export function guardCore(core: Core, onTrap: (error: unknown) => never): Core {
  const guarded = { ...core };
  for (const [name, call] of Object.entries(core)) Reflect.set(guarded, name, guard(call, onTrap));
  return guarded;
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
