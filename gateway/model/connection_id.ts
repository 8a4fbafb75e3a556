// The numbers of connections.

import { CONNECTIONS_MAX } from "../../ts-bindings/layout.ts";

/** Rows of the largest table; row 0 stands for no connection. */
const ID_ROWS = CONNECTIONS_MAX + 1;

/**
 * The number of a connection, which no other connection of this process has. Rows are used again,
 * so their generation is part of it. It stays below 2^53.
 */
export function connectionId(row: number, generation: number): number {
  return generation * ID_ROWS + row;
}

/** The row of a connection. */
export function rowOfId(id: number): number {
  return id % ID_ROWS;
}
