/** What a fragment is given besides services: only what a reader has from elsewhere. */
import { createHmac } from "node:crypto"
import { type Fragment, webhookSecret } from "./world.js"

/**
 * Where the module of a fragment puts it, and where its evaluation looks for it.
 * @public Generated modules import it by its name.
 */
export const fragments: Array<Fragment> = []

/** A request as a web server hands it over: a webhook of Stromboli that has just arrived. */
export const request = (() => {
  const at = "2026-04-01T12:00:00Z"
  const body = JSON.stringify({
    job_id: "job-0123456789abcdef",
    status: "completed",
    output: "All is well.",
    created_at: at,
    updated_at: at,
    completed_at: at
  })
  const seconds = `${Math.floor(Date.now() / 1000)}`
  const signature = createHmac("sha256", webhookSecret).update(`${seconds}.${body}`).digest("hex")
  const headers = { "x-stromboli-timestamp": seconds, "x-stromboli-signature": `sha256=${signature}` }
  return { headers, body }
})()
