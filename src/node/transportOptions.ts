/** What a transport can be told of its connections. */
import type * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"

/** What can be said about connections. Whatever is absent keeps its default. */
export interface Options {
  /**
   * How many connections one origin (scheme, host and port) may have; a request beyond them waits for one, and its deadline
   * runs meanwhile. Runs and streams hold theirs to their end. Default: no limit.
   */
  readonly connections?: number | undefined
  /** How long a connection without a request is kept, unless the server says something shorter. Default 4 seconds. */
  readonly keepAlive?: Duration.DurationInput | undefined
  /** How long making a connection may take. Default 10 seconds. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /**
   * The proxy for HTTP: an `http:` or `https:` URL, which may hold a user and a password, or `"environment"` for what
   * `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say. Default: none, whatever the environment says. Web sockets do not use it.
   */
  readonly proxy?: "environment" | (string & {}) | Redacted.Redacted | undefined
  /** How servers prove who they are, and how this program does. Web sockets use it too, and a proxy of https is checked against its `ca`. */
  readonly tls?: TlsOptions | undefined
}

/** Options of TLS, as Node knows them. */
export interface TlsOptions {
  /** Certificates (PEM) of the authorities to trust, instead of those that come with Node. */
  readonly ca?: string | Array<string> | undefined
  /** The certificate (PEM) of this program, for servers that ask for one. */
  readonly cert?: string | undefined
  /** Its private key (PEM). */
  readonly key?: string | Redacted.Redacted | undefined
  /** The name that the certificate of the server must be for; default: the host of the URL. */
  readonly servername?: string | undefined
  /** `false` takes any certificate, which lets anybody in between read and change everything. Default `true`. */
  readonly rejectUnauthorized?: boolean | undefined
}

/** The same in the terms of Node. */
export const tlsOf = ({ key, ...tls }: TlsOptions = {}) => ({
  ...tls,
  ...(key === undefined ? {} : { key: Redacted.isRedacted(key) ? Redacted.value(key) : key })
})
