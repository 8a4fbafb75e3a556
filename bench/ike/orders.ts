// What the bench asks of the load generator, and what that answers: a line of JSON each.

import type { CertificateSettings } from "../../gateway/ike/certificates/settings.ts";
import type { Endpoint } from "../path/sockets.ts";

/** How clients prove themselves, and with which algorithms. */
export type Method = "PSK" | "p256" | "ed25519" | "ML-KEM";

/** What a generator is made for. Files are paths. */
export interface GeneratorPlan {
  readonly method: Method;
  readonly secret: string;
  /** Certificate, key and CA, in PEM; null for clients with a secret. */
  readonly files: ClientFiles | null;
  /** Asks for a ticket in each handshake, and uses it in the client's next one. */
  readonly hasTickets: boolean;
}

/** Files of clients with a certificate. */
export interface ClientFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** An order. At most `inFlight` clients wait for something at a time. */
export type GeneratorOrder =
  /** Opens `count` connections with a handshake each. */
  | {
    readonly do: "open";
    readonly tcp: Endpoint;
    readonly count: number;
    readonly inFlight: number;
  }
  /** Replaces the keys of all. */
  | { readonly do: "rekey"; readonly what: "ike" | "children"; readonly inFlight: number }
  /** Deletes all IKE SAs and closes their connections. */
  | { readonly do: "end"; readonly inFlight: number }
  /** Closes all connections at once, as if the clients had vanished. */
  | { readonly do: "drop" };

/** The answer to an order. */
export interface Load {
  /** How many clients have done it. */
  readonly count: number;
  readonly seconds: number;
  /** How many of them came by a ticket. */
  readonly resumed: number;
}

/** What the plan's files say, as the engine takes it. */
export type ClientCertificates = CertificateSettings | null;

/** The identity of the gateway. */
export const GATEWAY_NAME = "gw.bench.example";

/** Where clients' identities are. With a certificate all of them are one. */
export const CLIENT_DOMAIN = "bench.example";
export const CERTIFICATE_NAME = `clients@${CLIENT_DOMAIN}`;
