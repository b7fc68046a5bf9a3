import { once } from "node:events"
import { WebSocket } from "ws"
import type { Setting } from "../../harness/Suite.js"
import { batch, inFlight, measureMessages, urlOf } from "./load.js"

export const measure = async ({ server }: Setting, size: number, what: "echo" | "receive") => {
  const socket = new WebSocket(urlOf(server, size, what), { perMessageDeflate: false })
  await once(socket, "open")
  const message = Buffer.alloc(size, "x")
  let received = 0
  let wanted = 0
  let finish = () => {}
  socket.on("message", () => {
    received++
    if (what === "echo" && received + inFlight <= wanted) socket.send(message)
    if (received === wanted) finish()
  })
  return measureMessages(
    size,
    what,
    (messages) =>
      new Promise<void>((resolve) => {
        received = 0
        wanted = messages
        finish = resolve
        const first = what === "echo" ? inFlight : messages / batch
        for (let sent = 0; sent < first; sent++) socket.send(message)
      })
  )
}

/**
 * In a process that has loaded what `WebSockets` comes with: garbage collection costs the more the larger the heap is.
 */
export const measureLoaded: typeof measure = async (...input) => {
  await import("effect-sandboxes/daytona")
  await import("effect-sandboxes/node")
  return measure(...input)
}
