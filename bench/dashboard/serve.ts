// Serves the bench page on 127.0.0.1.

import { runtime } from "../../gateway/runtime/mod.ts";
import { createApp } from "./app.ts";
import { renderPage } from "./render.ts";
import { LOCAL_RESULTS, RESULTS } from "./results.ts";
import { openRunner } from "./runner.ts";
import type { Program } from "./types.ts";

export interface DashboardOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly programs: readonly Program[];
  /** Folder for the records of runs that this server starts. */
  readonly local?: string;
}

/** A listening server. */
export interface Dashboard {
  readonly url: string;
  /** Ends the running program, then the server. */
  close(): Promise<void>;
}

/** Starts the server. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { port, programs, local = LOCAL_RESULTS.path } = options;
  const runner = openRunner({ folder: local });
  const folders = [RESULTS, { ...LOCAL_RESULTS, path: local }];
  const app = createApp({ runner, programs, folders, render: renderPage });
  const server = await runtime.serveHttp({
    hostname: "127.0.0.1",
    port,
    fetch: (request, { address }) => app.fetch(request, { remote: address }),
  });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    close: async (): Promise<void> => {
      await runner.stop();
      await server.close();
    },
  };
}
