// A gateway under test with its API, and the connections that a test has made to it.

import { equal } from "node:assert/strict";
import { type Api, openApi } from "./api.ts";
import { connectOriginator, type Originator, type OriginatorOptions } from "./originator.ts";
import { type Exit, type Program, type SpawnOptions, startProgram } from "./program.ts";
import { within } from "./wait.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Gateway {
  readonly program: Program;
  readonly api: Api;
  readonly tcp: readonly Endpoint[];
  /** Connects to the first listener and sends the stream prefix. */
  connect(options?: Partial<OriginatorOptions>): Promise<Originator>;
  /** Ends every connection that this test has made. */
  closeConnections(): void;
  /** SIGTERM, and the exit. A gateway that has to be killed fails the test. */
  stop(): Promise<Exit>;
}

export interface StartOptions extends SpawnOptions {
  /** Bearer token for the API client. */
  readonly token?: string;
}

/** Starts a gateway on free loopback ports; `args` come after the defaults and win. */
export async function startGateway(
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<Gateway> {
  const program = startProgram(withDefaults(args), options);
  try {
    const { tcp, api } = parseListening(await program.line("listening "));
    return openGateway(program, tcp, openApi(api.host, api.port, options.token));
  } catch (error) {
    program.kill("SIGKILL");
    throw error;
  }
}

function withDefaults(args: readonly string[]): string[] {
  const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const api = args.includes("--api") ? [] : ["--api", "127.0.0.1:0"];
  // Most tests are about what the gateway does without it.
  const ike = args.includes("--ike") ? [] : ["--ike", "off"];
  return ["serve", ...listen, ...api, ...ike, ...args];
}

/** Parses `listening tcp=ADDR:PORT [tcp=...] api=ADDR:PORT`. With `api=off` the API's port is 0. */
export function parseListening(line: string): { tcp: Endpoint[]; api: Endpoint } {
  const words = line.trim().split(" ").slice(1);
  const endpoints = (name: string): Endpoint[] =>
    words.filter((word) => word.startsWith(`${name}=`)).map((word) => {
      const value = word.slice(name.length + 1);
      const at = value.lastIndexOf(":");
      if (at < 0) return { host: value, port: 0 };
      return {
        host: value.slice(0, at).replace(/^\[|\]$/g, ""),
        port: Number(value.slice(at + 1)),
      };
    });
  const [api] = endpoints("api");
  if (api === undefined) throw new RangeError(`No api= in: ${line}`);
  return { tcp: endpoints("tcp"), api };
}

function openGateway(program: Program, tcp: readonly Endpoint[], api: Api): Gateway {
  const connections = new Set<Originator>();
  const [first] = tcp;
  if (first === undefined) throw new RangeError("No tcp= in the listening line");

  async function connect(options: Partial<OriginatorOptions> = {}): Promise<Originator> {
    const originator = await connectOriginator({ ...first, ...options } as OriginatorOptions);
    connections.add(originator);
    return originator;
  }

  function closeConnections(): void {
    for (const originator of connections) originator.close();
    connections.clear();
  }

  async function stop(): Promise<Exit> {
    closeConnections();
    api.close();
    if (program.isRunning()) program.kill("SIGTERM");
    try {
      return await within<Exit>(
        15_000,
        "the gateway's end",
        (resolve, reject) => void program.exited.then(resolve, reject),
      );
    } catch (error) {
      program.kill("SIGKILL");
      throw error;
    }
  }

  return { program, api, tcp, connect, closeConnections, stop };
}

/** Stops a gateway and expects a clean end. */
export async function stopCleanly(gateway: Gateway | undefined): Promise<void> {
  if (gateway === undefined) return;
  const { code, signal } = await gateway.stop();
  equal(code, 0, `exit ${code} ${signal}: ${gateway.program.stderr()}`);
}
