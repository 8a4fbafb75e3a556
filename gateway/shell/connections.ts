// Connections as the API shows them: their rows, with the SAs whose peer has its path there.

import type { Core } from "../../ts-bindings/core.ts";
import type { ConnectionView } from "../model/connection.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { PathSas, Sad } from "./sad.ts";

/** Live connections, as they are shown. */
export interface Connections {
  views(): ConnectionView[];
  view(id: number): ConnectionView | undefined;
}

export interface ConnectionsOptions {
  readonly core: Core;
  /** Number of the shell's block. */
  readonly index: number;
  readonly rows: ConnectionRows;
  readonly sad: Pick<Sad, "sasByRow">;
  /** Smoothed round trip of a TCP socket, us; null if the kernel does not say. */
  readonly rttMicros: (fd: number) => number | null;
}

/** Makes the views, which join each row with the SAs of its peers. */
export function createConnections(options: ConnectionsOptions): Connections {
  const { core, index, rows, sad, rttMicros } = options;

  function show(row: number, { ids, spis }: PathSas = NONE): ConnectionView {
    return { ...rows.show(row), sas: ids, spis, rttMicros: rtt(row) };
  }

  /**
   * Asks under the transmit lock. Without it a lane could close the descriptor meanwhile, and its
   * number could be given to another.
   */
  function rtt(row: number): number | null {
    if (core.tx_lock(index, row) === 0) return null;
    const micros = rttMicros(rows.descriptorOf(row));
    core.tx_unlock(index, row);
    return micros;
  }

  function views(): ConnectionView[] {
    const sas = sad.sasByRow();
    return [...rows.live()].map((row) => show(row, sas.get(row)));
  }

  function view(id: number): ConnectionView | undefined {
    const row = rows.rowOf(id);
    return row === undefined ? undefined : show(row, sad.sasByRow().get(row));
  }

  return { views, view };
}

const NONE: PathSas = { ids: [], spis: [] };
