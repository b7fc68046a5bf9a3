/** Makes the dispatcher of undici from the options of the transport. */
import { X509Certificate } from "node:crypto"
import { env } from "node:process"
import { createSecureContext } from "node:tls"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from "undici"
import { textOf } from "../proxy.js"
import { type Options, type TlsOptions, tlsOf } from "../transportOptions.js"

/** Its connections are closed with the scope, also those in use. */
export const make = (options: Options): Effect.Effect<Dispatcher, ConfigError.ConfigError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const problem = problemOf(options)
      return problem === undefined
        ? // The environment, and the user and password of a proxy, are parsed here.
          Effect.try({ try: () => dispatcherOf(options), catch: () => unusable("proxy", notAProxy) })
        : Effect.fail(problem)
    }),
    (dispatcher) => Effect.promise(() => dispatcher.destroy())
  )

const unusable = (option: string, problem: string) => ConfigError.InvalidData(["NodeTransport", option], problem)

const notAProxy = 'must be "environment" or an http or https URL'

const notAVariable = "must be an http or https URL with its scheme, such as http://proxy.example.com:3128"

/** The name of the first variable that names no proxy. Its value may contain a password, and is not shown. */
const unusableVariable = (): string | undefined =>
  ["HTTP_PROXY", "HTTPS_PROXY"]
    .map((name) => (env[name.toLowerCase()] === undefined ? name : name.toLowerCase()))
    .find((name) => {
      const value = env[name]
      return value !== undefined && value !== "" && !isProxyUrl(value)
    })

const isProxyUrl = (url: string): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)

const problemOf = ({ connections, keepAlive, proxy, tls }: Options): ConfigError.ConfigError | undefined => {
  if (connections !== undefined && !(Number.isInteger(connections) && connections > 0)) {
    return unusable("connections", "must be a whole number above 0")
  }
  if (keepAlive !== undefined && !Duration.isFinite(Duration.decode(keepAlive))) {
    return unusable("keepAlive", "must be finite")
  }
  if (tls !== undefined && !isUsable(tls)) return unusable("tls", "is not accepted by Node")
  if (proxy === undefined) return undefined
  if (proxy === "environment") {
    const variable = unusableVariable()
    return variable === undefined
      ? undefined
      : unusable("proxy", `is "environment", but the variable ${variable} ${notAVariable}`)
  }
  // The URL may contain a password, and is not shown.
  return isProxyUrl(textOf(proxy)) ? undefined : unusable("proxy", notAProxy)
}

/** Node checks certificates when it connects, and an invalid authority not even then. */
const isUsable = (tls: TlsOptions): boolean => {
  try {
    createSecureContext(tlsOf(tls))
    for (const ca of [tls.ca ?? []].flat()) new X509Certificate(ca)
    return true
  } catch {
    return false
  }
}

const dispatcherOf = ({ connections, connectTimeout, keepAlive, proxy, tls }: Options): Dispatcher => {
  const timeout = connectTimeout === undefined ? {} : { timeout: Duration.toMillis(connectTimeout) }
  const connect = { ...tlsOf(tls), ...timeout }
  const options = {
    connect,
    ...(connections === undefined ? {} : { connections }),
    ...(keepAlive === undefined ? {} : { keepAliveTimeout: Math.max(1, Duration.toMillis(keepAlive)) })
  }
  if (proxy === undefined) return new Agent(options)
  // A server behind a proxy is reached through a tunnel, which has TLS options of its own.
  const proxyTls = { ca: tls?.ca, rejectUnauthorized: tls?.rejectUnauthorized !== false, ...timeout }
  const proxied = { ...options, requestTls: connect, proxyTls }
  const agent =
    proxy === "environment" ? new EnvHttpProxyAgent(proxied) : new ProxyAgent({ ...proxied, uri: textOf(proxy) })
  return agent.compose(withOwnHeaders)
}

/** Proxy agents add the host to the headers they are given; those of a request may be reused for another host. */
const withOwnHeaders: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch({ ...options, headers: { ...options.headers } }, handler)
