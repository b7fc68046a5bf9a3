import { connect } from "../../clients/daytonaSdk.js"
import type { Setting } from "../../harness/Suite.js"
import { sandboxId } from "../../servers/sandbox.js"
import { measureStall } from "./stall.js"

export const measure = async ({ server }: Setting) => {
  const url = server["url"] ?? ""
  const sandbox = await connect(url, sandboxId)
  // Its callback may return a promise, but is called again before that is resolved: whoever cannot keep up has to keep
  // the output.
  const unread: Array<Uint8Array> = []
  return measureStall(
    url,
    () =>
      new Promise<void>((resolve, reject) => {
        sandbox.process
          .connectPty("bench", {
            onData: (bytes) => {
              unread.push(bytes)
              resolve()
              return new Promise(() => {})
            }
          })
          .catch(reject)
      })
  )
}
