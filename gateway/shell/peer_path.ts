// A peer's path as the core says it: its kind, and what it leads to.

import { PATH_KIND_SHIFT, PATH_ROW_MASK, PATH_TCP } from "../../ts-bindings/layout.ts";

/**
 * Finds the connection that a path leads to.
 *
 * @param path Result of the core's `peer_path`
 * @returns The connection's row, 1 and up; 0 if there is no path, or one of another kind
 */
export function pathRow(path: number): number {
  return path >>> PATH_KIND_SHIFT === PATH_TCP ? path & PATH_ROW_MASK : 0;
}
