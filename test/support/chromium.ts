/** Headless Chromium, over its debugging protocol: what a page shows, requests and runs. */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { WebSocket } from "ws"
import { binary, flags } from "../../runtimes/runtime/chromiumProgram.js"

export const isInstalled = existsSync(binary)

interface View {
  readonly width: number
  readonly height: number
  /** Default `light`. */
  readonly scheme?: "light" | "dark"
  /** Default `screen`. */
  readonly media?: "screen" | "print"
}

export interface Page {
  readonly show: (view: View) => Promise<void>
  /** Opens an address, and returns when the page has loaded. */
  readonly open: (url: string) => Promise<void>
  /** The value of an expression in the page; one that is a promise is awaited. */
  readonly evaluate: (expression: string) => Promise<unknown>
  readonly press: (key: string) => Promise<void>
  readonly click: (selector: string) => Promise<void>
  /** The size of the page as PDF, in bytes. */
  readonly printed: () => Promise<number>
  /** What was requested since the page was opened, itself included. */
  readonly requests: () => ReadonlyArray<string>
  /** Dialogs, and what was written to the console. */
  readonly sounds: () => ReadonlyArray<string>
}

export interface Browser {
  readonly page: () => Promise<Page>
  readonly close: () => Promise<void>
}

type Json = Readonly<Record<string, unknown>>

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, name) => (isJson(inner) ? inner[name] : undefined), value)

export const launch = async (): Promise<Browser> => {
  const profile = mkdtempSync(join(tmpdir(), "effect-sandboxes-page-"))
  const args = [...flags, "--hide-scrollbars", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"]
  const child = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"] })
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()))
  const address = await new Promise<string>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code) => reject(new Error(`Chromium ended with exit code ${code}`)))
    createInterface(child.stderr).on("line", (line) => {
      const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  const socket = new WebSocket(address, { perMessageDeflate: false })
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject))

  let last = 0
  const waiting = new Map<unknown, (answer: Json) => void>()
  const listeners = new Map<unknown, (method: unknown, params: unknown) => void>()
  socket.on("message", (data) => {
    const message: unknown = JSON.parse(String(data))
    if (!isJson(message)) return
    const answered = waiting.get(message["id"])
    waiting.delete(message["id"])
    if (answered !== undefined) answered(message)
    else listeners.get(message["sessionId"])?.(message["method"], message["params"])
  })
  const send = (method: string, params: Json = {}, sessionId?: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, (answer) => {
        if (answer["error"] === undefined) resolve(answer["result"])
        else reject(new Error(`${method}: ${JSON.stringify(answer["error"])}`))
      })
      socket.send(JSON.stringify({ id, method, params, sessionId }))
    })

  const page = async (): Promise<Page> => {
    const targetId = at(await send("Target.createTarget", { url: "about:blank" }), "targetId")
    const sessionId = at(await send("Target.attachToTarget", { targetId, flatten: true }), "sessionId")
    const call = (method: string, params: Json = {}) => send(method, params, sessionId)
    let requests: Array<string> = []
    let sounds: Array<string> = []
    let onLoad = () => {}
    listeners.set(sessionId, (method, params) => {
      if (method === "Network.requestWillBeSent") requests.push(String(at(params, "request", "url")))
      if (method === "Page.loadEventFired") onLoad()
      if (method === "Page.javascriptDialogOpening") {
        sounds.push(`dialog: ${at(params, "message")}`)
        void call("Page.handleJavaScriptDialog", { accept: true })
      }
      if (method === "Runtime.consoleAPICalled") sounds.push(`console: ${JSON.stringify(at(params, "args"))}`)
    })
    for (const domain of ["Network", "Page", "Runtime"]) await call(`${domain}.enable`)
    const evaluate = async (expression: string): Promise<unknown> => {
      const answer = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })
      const failure = at(answer, "exceptionDetails")
      if (failure !== undefined) throw new Error(JSON.stringify(failure))
      return at(answer, "result", "value")
    }
    return {
      show: async ({ height, media = "screen", scheme = "light", width }) => {
        await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 })
        const features = [{ name: "prefers-color-scheme", value: scheme }]
        await call("Emulation.setEmulatedMedia", { media, features })
      },
      open: async (url) => {
        requests = []
        sounds = []
        const loaded = new Promise<void>((resolve) => {
          onLoad = resolve
        })
        await call("Page.navigate", { url })
        await loaded
      },
      evaluate,
      press: async (key) => {
        const codes: Readonly<Record<string, number>> = { Tab: 9, Enter: 13, " ": 32 }
        const event = {
          key,
          code: key,
          windowsVirtualKeyCode: codes[key] ?? 0,
          text: key === "Enter" ? "\r" : undefined
        }
        await call("Input.dispatchKeyEvent", { type: key === "Enter" ? "keyDown" : "rawKeyDown", ...event })
        await call("Input.dispatchKeyEvent", { type: "keyUp", ...event })
      },
      click: async (selector) => {
        await evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)
      },
      printed: async () => {
        const data = at(await call("Page.printToPDF", { printBackground: true }), "data")
        return Buffer.from(String(data), "base64").length
      },
      requests: () => requests,
      sounds: () => sounds
    }
  }

  return {
    page,
    close: async () => {
      socket.terminate()
      child.kill()
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    }
  }
}
