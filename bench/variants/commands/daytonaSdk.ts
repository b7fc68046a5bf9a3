import { Daytona } from "@daytonaio/sdk"
import { connect } from "../../clients/daytonaSdk.js"
import type { Setting } from "../../harness/Suite.js"
import { expectOutput, measureRepeated } from "./repeated.js"

export const measure = async ({ server }: Setting) => {
  const { process } = await connect(server["apiUrl"] ?? "", server["sandboxId"] ?? "")
  return measureRepeated(async () => expectOutput((await process.executeCommand("echo hello")).result))
}

export const measureCreation = ({ server }: Setting) => {
  const daytona = new Daytona({ apiKey: "dtn_key", apiUrl: server["apiUrl"] ?? "", target: "us" })
  return measureRepeated(async () => {
    const start = performance.now()
    const sandbox = await daytona.create()
    try {
      expectOutput((await sandbox.process.executeCommand("echo hello")).result)
      return performance.now() - start
    } finally {
      await sandbox.delete()
    }
  })
}
