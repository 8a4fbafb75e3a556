// The terminal commands' client for the API of a running gateway.

import * as z from "zod";
import { ConfigError } from "../config/error.ts";
import { readTokenFile } from "../config/load.ts";
import { docOf, flagOf, type SettingName, variableOf } from "../config/settings.ts";
import { readDefaults, readEnvironment, readFlags } from "../config/sources.ts";
import type { CommandContext, Flag } from "./command.ts";
import { secretFaults } from "./unsafe_files.ts";

/** Where the gateway's API is, and the token for it. */
export const CLIENT_FLAGS: readonly Flag[] = [
  {
    name: "api",
    value: "ADDR:PORT",
    fallback: docOf("api").fallback ?? "",
    help: "API of the running gateway",
  },
  { name: "api-token-file", value: "FILE", help: "file with the API's bearer token" },
];

/**
 * A client of one gateway. Each call resolves with its answer, or rejects with an Error of one
 * line.
 */
export interface ApiClient {
  /** GETs `path` and parses the body with `schema`. */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  /** Makes a change by a call without a body. */
  change(method: "POST" | "DELETE", path: string): Promise<void>;
}

/**
 * Makes a client from the command's flags and environment.
 *
 * @throws {ConfigError} If they are bad, or the token file cannot be read
 */
export async function openClient(context: CommandContext): Promise<ApiClient> {
  const { api, token, tokenFile } = await readTarget(context);
  const faults = tokenFile === null ? [] : secretFaults(context.runtime, tokenFile);
  for (const fault of faults) context.errors.push(`Unsafe: ${fault}\n`);

  async function ask(method: string, path: string): Promise<Response> {
    const request = new Request(`http://${api}${path}`, {
      method,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const response = await fetchOrFail(context, request, api);
    if (response.ok) return response;
    throw new Error(await refusalText(response, api));
  }

  return {
    async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
      const response = await ask("GET", path);
      const result = schema.safeParse(await jsonOf(response));
      if (result.success) return result.data;
      throw new Error(`Cannot read the answer of ${api}: it is not the API of a gateway`);
    },
    async change(method, path): Promise<void> {
      const response = await ask(method, path);
      await response.body?.cancel();
    },
  };
}

/** How many columns a table may take: the terminal's, or Infinity if the output goes elsewhere. */
export function tableWidth({ runtime }: CommandContext): number {
  return runtime.isTerminal ? runtime.columns() : Infinity;
}

/** A live gateway answers within milliseconds. */
const TIMEOUT_MS = 10_000;

const CLIENT_SETTINGS: readonly SettingName[] = ["api", "apiTokenFile"];

interface Target {
  readonly api: string;
  readonly token: string | null;
  readonly tokenFile: string | null;
}

async function readTarget({ flags, runtime }: CommandContext): Promise<Target> {
  const variables = runtime.env();
  const names = CLIENT_SETTINGS.map(variableOf);
  const sources = [
    readFlags(
      Object.fromEntries(CLIENT_SETTINGS.map((name) => [flagOf(name), flags[flagOf(name)]])),
    ),
    // Other variables of the environment are for `serve`, so bad values there do not matter.
    readEnvironment(
      Object.fromEntries(Object.entries(variables).filter(([name]) => names.includes(name))),
    ),
    readDefaults(),
  ];
  const byApi = sources.find((source) => source.settings.api !== undefined);
  const api = byApi?.settings.api;
  if (byApi === undefined || api === undefined || api === "off" || api.port === 0) {
    const origin = byApi?.originOf("api") ?? { path: "--api" };
    throw new ConfigError(origin, "must be the ADDR:PORT of a running gateway's API");
  }
  const byToken = sources.find((source) => source.settings.apiTokenFile !== undefined);
  const path = byToken?.settings.apiTokenFile;
  if (byToken === undefined || path === undefined) {
    return { api: api.text, token: null, tokenFile: null };
  }
  try {
    const token = await readTokenFile(path, runtime.readTextFile);
    return { api: api.text, token, tokenFile: path };
  } catch (error) {
    throw new ConfigError(byToken.originOf("apiTokenFile"), messageOf(error), { cause: error });
  }
}

async function fetchOrFail(
  { fetch }: CommandContext,
  request: Request,
  api: string,
): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    throw new Error(`Cannot reach a gateway at ${api}: is it running, with this --api?`, {
      cause: error,
    });
  }
}

const PROBLEM = z.object({ detail: z.string() });

async function refusalText(response: Response, api: string): Promise<string> {
  const problem = PROBLEM.safeParse(await jsonOf(response));
  const detail = problem.success ? problem.data.detail : `HTTP status ${response.status}`;
  const hint = response.status === 401 ? " (--api-token-file)" : "";
  return `The gateway at ${api} refused: ${detail}${hint}`;
}

/** Undefined if the body is not JSON. */
async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
