/**
 * As much of Stromboli as runs need that never end. It lists the latest jobs only: to start a run by its key, the list
 * is read, and with all jobs of one server that alone would be measured.
 */
import { createServer } from "node:http"
import { listening } from "./listening.js"

const mostListed = 100

export const openRuns = async (): Promise<string> => {
  const prompts = new Map<string, string>()
  let latest: ReadonlyArray<object> = []
  let started = 0
  const jobOf = (id: string, sessionId?: string) => ({
    id,
    status: "running",
    session_id: sessionId,
    created_at: "2026-11-01T12:00:00Z",
    updated_at: "2026-11-01T12:00:00Z"
  })
  const start = (body: string) => {
    const { claude, prompt } = JSON.parse(body)
    const job_id = `job-${(started++).toString(16).padStart(16, "0")}`
    prompts.set(claude.session_id, prompt)
    latest = [...latest, jobOf(job_id, claude.session_id)].slice(-mostListed)
    return { status: 202, body: { job_id, session_id: claude.session_id } }
  }
  const said = (id: string) => {
    const prompt = prompts.get(id)
    if (prompt === undefined) return { status: 404, body: { error: `session history not found: ${id}` } }
    const content = { role: "user", content: [{ type: "text", text: prompt }] }
    const messages = [{ uuid: id, type: "user", session_id: id, content }]
    return { status: 200, body: { messages, total: 1, limit: 50, offset: 0, has_more: false } }
  }
  const answerTo = (line: string, body: string) => {
    const [, job] = /^GET \/jobs\/(job-\w+)/.exec(line) ?? []
    if (job !== undefined) return { status: 200, body: jobOf(job) }
    const [, session] = /^GET \/sessions\/([^/]+)\/messages/.exec(line) ?? []
    if (session !== undefined) return said(session)
    return line.startsWith("POST") ? start(body) : { status: 200, body: { jobs: latest } }
  }
  const server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const answer = answerTo(`${request.method} ${request.url}`, Buffer.concat(parts).toString())
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body))
    })
  })
  return `http://${await listening(server)}`
}
