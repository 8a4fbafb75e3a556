// A lane of core_test.ts: it opens and closes connections in competition with other lanes, and
// claims each row that it is given.

import { instantiateCore } from "../../../ts-bindings/core.ts";
import { Status } from "../../../ts-bindings/status.ts";

export interface WorkerInit {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** One word for each row: its lane's number plus 1, or 0 if it is free. */
  readonly claims: Int32Array<SharedArrayBuffer>;
  readonly lane: number;
  readonly rounds: number;
  /** Connections that this lane keeps open at a time. */
  readonly held: number;
}

export interface WorkerNotice {
  readonly lane: number;
  /** Rows that it was given while another lane had them. */
  readonly stolen: number;
  /** Opens that got no row. */
  readonly refused: number;
}

interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerInit>) => void) | null;
  postMessage(notice: WorkerNotice): void;
}

function takeTurns({ module, memory, claims, lane, rounds, held }: WorkerInit): WorkerNotice {
  const core = instantiateCore({ module, memory });
  const open: number[] = [];
  let stolen = 0;
  let refused = 0;
  const release = (): void => {
    const row = open.shift();
    if (row === undefined) return;
    Atomics.store(claims, row, 0);
    core.conn_close_begin(lane, row, Status.PeerClosed);
    core.conn_close_end(lane, row);
  };
  for (let round = 0; round < rounds; round++) {
    const row = core.conn_open(lane, 1, 1, round, 0);
    if (row <= 0) refused++;
    else if (Atomics.exchange(claims, row, lane + 1) !== 0) stolen++;
    if (row > 0) open.push(row);
    if (open.length > held) release();
  }
  while (open.length > 0) release();
  return { lane, stolen, refused };
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = ({ data }): void => scope.postMessage(takeTurns(data));
