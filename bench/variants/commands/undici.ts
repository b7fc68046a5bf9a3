/** Requests alone, sent by undici: what they take however little a client does between them. */
import { randomUUID } from "node:crypto"
import { request } from "undici"
import type { Setting } from "../../harness/Suite.js"
import { expectOutput, measureRepeated } from "./repeated.js"

const headers = {
  authorization: "Bearer dtn_key",
  "content-type": "application/json",
  "x-daytona-sdk-version": "0.218.0"
}

type Answer = Readonly<Record<string, unknown>>

const send = async (method: "DELETE" | "GET" | "POST", url: string, body: string | null = null): Promise<Answer> => {
  const answer = await request(url, { method, headers, body })
  const text = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${text}`)
  return text === "" ? {} : JSON.parse(text)
}

const toolboxOf = ({ id, toolboxProxyUrl }: Answer) => `${toolboxProxyUrl}/${id}`

const toolboxIn = async ({ server }: Setting) =>
  toolboxOf(await send("GET", `${server["apiUrl"]}/sandbox/${server["sandboxId"]}`))

const runPlainly = async (toolbox: string) => {
  const { result } = await send("POST", `${toolbox}/process/execute`, JSON.stringify({ command: "echo hello" }))
  return expectOutput(`${result}`)
}

export const measure = async (setting: Setting) => {
  const toolbox = await toolboxIn(setting)
  return measureRepeated(() => runPlainly(toolbox))
}

const createSession = async (toolbox: string) => {
  const sessionId = `bench-${randomUUID()}`
  await send("POST", `${toolbox}/process/session`, JSON.stringify({ sessionId }))
  return `${toolbox}/process/session/${sessionId}`
}

const runInSession = async (session: string) => {
  const body = JSON.stringify({ command: "echo hello", runAsync: false })
  return expectOutput(`${(await send("POST", `${session}/exec`, body))["stdout"]}`)
}

export const measureInSession = async (setting: Setting) => {
  const session = await createSession(await toolboxIn(setting))
  return measureRepeated(() => runInSession(session))
}

export const measureSessions = async (setting: Setting) => {
  const toolbox = await toolboxIn(setting)
  return measureRepeated(async () => {
    const session = await createSession(toolbox)
    await runInSession(session)
    await send("DELETE", session)
    return undefined
  })
}

export const measureCreation = ({ server }: Setting) => {
  const sandboxes = `${server["apiUrl"]}/sandbox`
  return measureRepeated(async () => {
    const start = performance.now()
    const { id } = await send("POST", sandboxes, "{}")
    try {
      await runPlainly(toolboxOf(await send("GET", `${sandboxes}/${id}`)))
      return performance.now() - start
    } finally {
      await send("DELETE", `${sandboxes}/${id}`)
    }
  })
}
