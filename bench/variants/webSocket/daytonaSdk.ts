import { connect } from "../../clients/daytonaSdk.js"
import type { Setting } from "../../harness/Suite.js"
import { sandboxId } from "../../servers/sandbox.js"
import { inFlight, measureMessages } from "./load.js"

const size = 100

export const measure = async ({ server }: Setting) => {
  const sandbox = await connect(server["url"] ?? "", sandboxId)
  const message = new Uint8Array(size).fill(120)
  let received = 0
  let wanted = 0
  let finish = () => {}
  const terminal = await sandbox.process.connectPty("bench", {
    onData: async () => {
      received++
      if (received + inFlight <= wanted) await terminal.sendInput(message)
      if (received === wanted) finish()
    }
  })
  return measureMessages(
    size,
    "echo",
    (messages) =>
      new Promise<void>((resolve) => {
        received = 0
        wanted = messages
        finish = resolve
        for (let sent = 0; sent < inFlight; sent++) void terminal.sendInput(message)
      })
  )
}
