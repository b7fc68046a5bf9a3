/** TLS handshakes that fail: nothing of a request was sent, and its failure says so. */
import * as Net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { echo, httpsServer, listening } from "../support/httpServer.js"
import * as Identity from "../support/tlsIdentities.js"
import { run, servicesAt } from "../support/transports.js"

const identity = { cert: Identity.serverCertificate, key: Identity.serverKey }

/** Does this with the first bytes of a handshake. */
const answering = (answer: (socket: Net.Socket) => void) =>
  listening(() => Net.createServer((socket) => socket.once("data", () => answer(socket))))

const alert = Uint8Array.of(21, 3, 3, 0, 2, 2, 40)

describe("a TLS handshake", () => {
  it.scopedLive.each([
    ["is answered by a server without TLS", (socket: Net.Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["is answered with an alert", (socket: Net.Socket) => socket.end(alert)],
    ["is reset", (socket: Net.Socket) => socket.resetAndDestroy()],
    ["is closed", (socket: Net.Socket) => socket.end()]
  ] as const)("that %s leaves the request unsent", ([, answer]) =>
    Effect.gen(function* () {
      const { port } = yield* answering(answer)
      const failure = yield* Effect.flip(run).pipe(
        Effect.provide(servicesAt(`https://localhost:${port}`, NodeTransport.layer, { retry: false }))
      )
      expect(failure).toMatchObject({ _tag: "TransportError", admitted: "no" })
      expect(failure.message).toContain("nothing was sent")
    })
  )

  it.scopedLive("of a version that the server does not have leaves the request unsent", () =>
    Effect.gen(function* () {
      const server = yield* httpsServer(
        { ...identity, minVersion: "TLSv1.3", maxVersion: "TLSv1.3", ALPNProtocols: ["h9"] },
        echo
      )
      const failure = yield* Effect.flip(run).pipe(
        Effect.provide(servicesAt(server.url, NodeTransport.layer, { retry: false }))
      )
      expect(failure).toMatchObject({ _tag: "TransportError", admitted: "no" })
    })
  )
})
