/** Which proxy leads to a server, and tunnels through it. HTTP requests leave both to undici; web sockets need them. */
import * as http from "node:http"
import * as https from "node:https"
import { env } from "node:process"
import type { Duplex } from "node:stream"
import * as tls from "node:tls"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import { NothingSent } from "../internal/transportCause.js"
import { type Options, tlsOf } from "./transportOptions.js"

const defaultConnectTimeout = Duration.seconds(10)

export const textOf = (text: string | Redacted.Redacted): string =>
  Redacted.isRedacted(text) ? Redacted.value(text) : text

const variable = (name: string): string | undefined => env[name.toLowerCase()] ?? env[name]

/** Whether `NO_PROXY` names this host, by the rules of undici. */
const isExcepted = (url: URL): boolean => {
  const entries = (variable("NO_PROXY") ?? "").split(/[,\s]/).filter((entry) => entry !== "")
  if (entries.length === 1 && entries[0] === "*") return true
  const port = url.port === "" ? (url.protocol === "wss:" ? "443" : "80") : url.port
  const host = url.host.replace(/:\d*$/, "").toLowerCase()
  return entries.some((entry) => {
    const [, name = entry, onlyPort] = /^(.+):(\d+)$/.exec(entry) ?? []
    const suffix = name.replace(/^\*?\./, "").toLowerCase()
    return (onlyPort === undefined || onlyPort === port) && (host === suffix || host.endsWith(`.${suffix}`))
  })
}

/** The proxy for a web socket, if there is one. */
const proxyFor = (proxy: Options["proxy"], url: URL): URL | undefined => {
  if (proxy === undefined) return undefined
  if (proxy !== "environment") return new URL(textOf(proxy))
  if (isExcepted(url)) return undefined
  const plain = variable("HTTP_PROXY") || undefined
  const found = url.protocol === "wss:" ? variable("HTTPS_PROXY") || plain : plain
  return found === undefined ? undefined : new URL(found)
}

type Connected = (cause: Error | null, socket: Duplex) => void

/** Connects a request through a tunnel. */
class TunnelAgent extends http.Agent {
  /** That of the requests; Node refuses others. */
  readonly protocol: string
  readonly #connect: (connected: Connected) => void

  constructor(protocol: string, connect: (connected: Connected) => void) {
    super()
    this.protocol = protocol
    this.#connect = connect
  }

  override createConnection(_: http.ClientRequestArgs, connected: Connected = () => {}): undefined {
    this.#connect(connected)
  }
}

/** Leads to a web socket through a proxy; `undefined`: there is none. The tunnel is given up with `signal`. */
export const tunnelTo = (options: Options, url: URL, signal: AbortSignal): http.Agent | undefined => {
  const proxy = proxyFor(options.proxy, url)
  if (proxy === undefined) return undefined
  const isSecure = url.protocol === "wss:"
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port)
  const target = `${url.hostname}:${port}`
  return new TunnelAgent(isSecure ? "https:" : "http:", (connected) => {
    const failed = (cause: Error) => Reflect.apply(connected, undefined, [new NothingSent(cause)])
    const request = (proxy.protocol === "https:" ? https : http).request({
      method: "CONNECT",
      host: unbracketed(proxy.hostname),
      port: proxy.port === "" ? undefined : Number(proxy.port),
      path: target,
      headers: { host: target, ...authorization(proxy) },
      agent: false,
      signal,
      timeout: Duration.toMillis(options.connectTimeout ?? defaultConnectTimeout),
      ...(proxy.protocol === "https:"
        ? { ca: options.tls?.ca, rejectUnauthorized: options.tls?.rejectUnauthorized !== false }
        : {})
    })
    request.once("timeout", () => request.destroy(new Error("The proxy did not open a tunnel in time")))
    request.once("error", failed)
    request.once("response", (response) => {
      response.destroy()
      failed(
        new Error(`The proxy does not open a tunnel for the web socket: it answered with status ${response.statusCode}`)
      )
    })
    request.once("connect", ({ statusCode = 0 }, socket, head) => {
      socket.setTimeout(0)
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy()
        failed(new Error(`The proxy does not open a tunnel for the web socket: it answered with status ${statusCode}`))
        return
      }
      if (head.length > 0) socket.unshift(head)
      if (!isSecure) {
        connected(null, socket)
        return
      }
      const secure = tls.connect({
        socket,
        ...tlsOf(options.tls),
        ...serverName(options.tls?.servername ?? unbracketed(url.hostname)),
        // A handshake is HTTP/1.1.
        ALPNProtocols: ["http/1.1"]
      })
      secure.once("error", failed)
      secure.once("secureConnect", () => {
        secure.off("error", failed)
        connected(null, secure)
      })
    })
    request.end()
  })
}

const unbracketed = (host: string): string => host.replace(/^\[(.*)\]$/, "$1")

/** An address is no name, and Node refuses it as one. */
const serverName = (name: string): { servername?: string } =>
  /^[\d.]+$/.test(name) || name.includes(":") ? {} : { servername: name }

const authorization = ({ password, username }: URL): Record<string, string> => {
  if (username === "" && password === "") return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }
}
