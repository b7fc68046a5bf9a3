import { Pool } from "undici"
import type { Setting } from "../../harness/Suite.js"
import { job } from "../../servers/job.js"
import { measurePromises, usualInFlight } from "./load.js"

export const measure = ({ server }: Setting, inFlight = usualInFlight) => {
  const pool = new Pool(server["url"] ?? "", { connections: inFlight })
  return measurePromises(async (): Promise<unknown> => {
    const { body } = await pool.request({ method: "GET", path: `/jobs/${job.id}` })
    return JSON.parse(await body.text())
  }, inFlight)
}
