/** Who the server has to be, and who the client says it is. */
import type { TLSSocket } from "node:tls"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { httpsServer } from "../support/httpServer.js"
import * as Identity from "../support/tlsIdentities.js"
import { aJob, getJob, run, servicesAt } from "../support/transports.js"

const ours = { cert: Identity.serverCertificate, key: Identity.serverKey }

const secureServer = httpsServer(ours, (_, response) => {
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(aJob()))
})

/** Asks for a certificate, and tells whose it got. */
const askingServer = httpsServer(
  { ...ours, ca: Identity.authority, requestCert: true, rejectUnauthorized: true },
  ({ socket }, response) => {
    // Node declares the socket of any request as one without TLS.
    const isTls = (candidate: object): candidate is TLSSocket => "getPeerCertificate" in candidate
    response.end(isTls(socket) ? socket.getPeerCertificate().subject.CN : "nobody")
  }
)

const withTls = (tls: NodeTransport.TlsOptions) => Layer.orDie(NodeTransport.layerWith({ tls }))
const text = (url: string) => Effect.flatMap(HttpClient.get(url), (response) => response.text)

describe("a server whose certificate", () => {
  it.scoped("is signed by an authority that is trusted is believed, by name and by address", () =>
    Effect.gen(function* () {
      const { port, url } = yield* secureServer
      for (const at of [url, `https://127.0.0.1:${port}`]) expect(yield* text(at)).toContain("job-1")
    }).pipe(Effect.provide(withTls({ ca: Identity.authority })))
  )

  it.scoped("is signed by one of several authorities that are trusted is believed", () =>
    Effect.gen(function* () {
      const { url } = yield* secureServer
      expect(yield* text(url)).toContain("job-1")
    }).pipe(Effect.provide(withTls({ ca: [Identity.clientCertificate, Identity.authority] })))
  )

  it.scoped("nobody vouches for is TransportError, even for a run, which is known not to have started", () =>
    Effect.gen(function* () {
      const { url } = yield* secureServer
      const services = servicesAt(url, NodeTransport.layer, { retry: false })
      const failures = yield* Effect.all([Effect.flip(getJob()), Effect.flip(run)]).pipe(Effect.provide(services))
      for (const failure of failures) {
        expect(failure).toMatchObject({
          _tag: "TransportError",
          admitted: "no",
          causeCode: "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
        })
      }
    })
  )

  it.scoped("is for another name is TransportError, and the call is known not to have arrived", () =>
    Effect.gen(function* () {
      const { url } = yield* secureServer
      const transport = withTls({ ca: Identity.authority, servername: "elsewhere.example" })
      const failure = yield* Effect.flip(run).pipe(Effect.provide(servicesAt(url, transport, { retry: false })))
      expect(failure).toMatchObject({
        _tag: "TransportError",
        admitted: "no",
        causeCode: "ERR_TLS_CERT_ALTNAME_INVALID"
      })
    })
  )

  it.scoped("nobody vouches for is not taken where nothing is said of that", () =>
    Effect.gen(function* () {
      const { url } = yield* secureServer
      const failure = yield* Effect.flip(text(url))
      expect(failure).toMatchObject({ cause: { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" } })
    }).pipe(Effect.provide(withTls({ ca: undefined, rejectUnauthorized: undefined })))
  )

  it.scoped("nobody vouches for is taken where any is", () =>
    Effect.gen(function* () {
      const { url } = yield* secureServer
      expect(
        yield* getJob().pipe(Effect.provide(servicesAt(url, withTls({ rejectUnauthorized: false }))))
      ).toMatchObject({ id: "job-1" })
    })
  )
})

describe("a server that asks for a certificate", () => {
  const trusting = { ca: Identity.authority }

  it.scoped.each([
    ["", Identity.clientKey],
    [", whose key may be redacted", Redacted.make(Identity.clientKey)]
  ] as const)("gets that of the option%s", ([, key]) =>
    Effect.gen(function* () {
      const { url } = yield* askingServer
      expect(yield* text(url)).toBe("client")
    }).pipe(Effect.provide(withTls({ ...trusting, cert: Identity.clientCertificate, key })))
  )

  it.scoped("and gets none ends the connection, which is TransportError", () =>
    Effect.gen(function* () {
      const { url } = yield* askingServer
      const failure = yield* Effect.flip(getJob()).pipe(
        Effect.provide(servicesAt(url, withTls(trusting), { retry: false }))
      )
      expect(failure).toMatchObject({ _tag: "TransportError" })
    })
  )
})
