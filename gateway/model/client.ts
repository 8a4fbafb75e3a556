// Clients that this gateway has made, as its API and its commands see them.

import * as z from "zod";
import { answer } from "./answer.ts";
import type { Refusal } from "./refusal.ts";
import { missing, requiredName, requiredText } from "./required.ts";
import { TIME } from "./time.ts";
import type { Value } from "./value.ts";

const NAME_ERROR = "must be 1 to 63 of a-z, 0-9 and . - _, and begin with a letter or digit";

/**
 * The name of a client, which is its identity too. Names that differ by case alone would be one
 * identity, so letters are small.
 */
export const CLIENT_NAME: z.ZodString = requiredText(NAME_ERROR)
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, { error: NAME_ERROR });

/** A client that is asked for. */
export const CLIENT_SPEC = z.strictObject({
  name: CLIENT_NAME,
  auth: requiredName(["psk"]).default("psk"),
}, {
  error: (issue) =>
    issue.code === "invalid_type" ? missing(issue) ?? "must be an object" : undefined,
})
  .meta({ id: "ClientSpec" });

const MEMBERS = {
  name: CLIENT_NAME,
  auth: z.literal("psk"),
  createdAt: TIME,
};

/** A client, without its secret. */
export const CLIENT = answer(MEMBERS).meta({ id: "Client" });

/** The answer of `GET /v1/clients`. */
export const CLIENTS = answer({ clients: z.array(CLIENT) });

/** A client that was just made. */
export const NEW_CLIENT = answer({
  ...MEMBERS,
  profile: z.string().meta({
    description: "The file for `culvert connect --profile`, which holds the secret; shown once",
  }),
}).meta({ id: "NewClient" });

export type ClientView = Value<typeof CLIENT>;
export type NewClient = Value<typeof NEW_CLIENT>;

/** The clients of a gateway. An error of a call is a fault of the gateway's own. */
export interface Clients {
  list(): Promise<readonly ClientView[]>;
  /** Makes one, with its profile, which is not to be had again from here. */
  add(name: string): Promise<NewClient | Refusal>;
  /** Ends one with all that it has open; false if there is none. */
  remove(name: string): Promise<boolean>;
}
