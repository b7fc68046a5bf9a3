/** Options of the connections of the transport. */
import type * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"

/** Options of connections. Whatever is absent keeps its default. */
export interface Options {
  /**
   * The maximum number of connections per origin (scheme, host and port). Further requests wait for one, within their
   * deadlines. Runs and streams hold theirs until they end. Default: no limit.
   */
  readonly connections?: number | undefined
  /** How long an idle connection is kept, unless the server asks for less. Default 4 seconds. */
  readonly keepAlive?: Duration.DurationInput | undefined
  /** How long establishing a connection may take. Default 10 seconds. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /**
   * The proxy: an `http:` or `https:` URL, which may contain a user and a password, or `"environment"` for
   * `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. Default: none, also if those are set. Web sockets go through a tunnel
   * of it (`CONNECT`), and fail with `TransportError` where it opens none.
   */
  readonly proxy?: "environment" | (string & {}) | Redacted.Redacted | undefined
  /** How servers and this program are authenticated. Web sockets use it too; an https proxy is checked against `ca`. */
  readonly tls?: TlsOptions | undefined
}

/** TLS options, as in Node. */
export interface TlsOptions {
  /** Certificates (PEM) of the authorities to trust, instead of those of Node. */
  readonly ca?: string | Array<string> | undefined
  /** The certificate (PEM) of this program, for servers that require one. */
  readonly cert?: string | undefined
  /** Its private key (PEM). */
  readonly key?: string | Redacted.Redacted | undefined
  /** The name that the certificate of the server must have. Default: the host of the URL. */
  readonly servername?: string | undefined
  /** `false` accepts any certificate, so that anyone in between can read and change everything. Default `true`. */
  readonly rejectUnauthorized?: boolean | undefined
}

/** The same in the terms of Node. */
export const tlsOf = ({ key, ...tls }: TlsOptions = {}) => ({
  ...tls,
  ...(key === undefined ? {} : { key: Redacted.isRedacted(key) ? Redacted.value(key) : key })
})
