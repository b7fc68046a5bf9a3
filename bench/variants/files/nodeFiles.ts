import { NodeFiles } from "effect-sandboxes/node/daytona"
import { connect } from "../../clients/daytona.js"
import type { Setting } from "../../harness/Suite.js"
import { measureTransfer } from "./transfer.js"

export const measure = async (setting: Setting, direction: "down" | "up") => {
  const runtime = connect(setting.server["apiUrl"] ?? "", setting.server["sandboxId"] ?? "")
  await runtime.runtime()
  return measureTransfer(setting, direction, ({ downloaded, local }) =>
    direction === "down"
      ? runtime.runPromise(NodeFiles.downloadToFile("large", downloaded))
      : runtime.runPromise(NodeFiles.uploadFromFile(local, "up"))
  )
}
