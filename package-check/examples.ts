/** The examples, compiled against the installed package, as programs. */
import { spawn } from "node:child_process"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { run, succeed } from "./program.js"

const secrets = { EXAMPLE_TOKEN: "an-api-token-for-the-examples", EXAMPLE_WEBHOOK_SECRET: "a-webhook-secret" }

/** These start their own servers when no URL is given. */
const selfContained = /^quickstart/

/** The standard input of the interactive ones. */
const typed: Readonly<Record<string, string>> = { chat: "My name is Bob.\nWhat is my name?\nquit\n" }

/** These take what they do it with as an argument. */
const args: Readonly<Record<string, ReadonlyArray<string>>> = { "one-agent-three-places": ["stromboli"] }

/** This one serves a client, and needs a Daytona: it is compiled here, and `test/ai/mcp` runs it. */
const notAlone = "mcp-server"

export const runExamples = async (directory: string): Promise<string> => {
  const names = (await readdir(join(directory, "built/examples")))
    .filter((file) => file.endsWith(".js"))
    .map((file) => file.slice(0, -".js".length))
    .filter((name) => name !== notAlone)
  const problems: Array<string> = []
  await withServer(directory, async (url) => {
    const waiting = [...names]
    const worker = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const { code, output } = await run(process.execPath, [`built/examples/${name}.js`, ...(args[name] ?? [])], {
          directory,
          environment: {
            STROMBOLI_URL: selfContained.test(name) ? "" : url,
            STROMBOLI_TOKEN: secrets.EXAMPLE_TOKEN,
            STROMBOLI_WEBHOOK_SECRET: secrets.EXAMPLE_WEBHOOK_SECRET,
            DAYTONA_API_KEY: ""
          },
          limit: 90,
          input: typed[name] ?? ""
        })
        if (code !== 0 || output.trim() === "") problems.push(`${name}: exit code ${code}\n${output.trim()}`)
      }
    }
    await Promise.all([worker(), worker()])
  })
  if (problems.length > 0) throw new Error(problems.join("\n"))
  await succeed(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "examples/testing.test.ts"], { directory })
  return `${names.length} programs and a test: ${names.join(", ")}, testing.test`
}

const withServer = async (directory: string, use: (url: string) => Promise<void>): Promise<void> => {
  const server = spawn(process.execPath, ["built/server.js"], {
    cwd: directory,
    env: { ...process.env, ...secrets },
    stdio: ["pipe", "pipe", "inherit"]
  })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      server.on("exit", (code) => reject(new Error(`the server for the examples ended with code ${code}`)))
      createInterface(server.stdout).on("line", (line) => resolve(line.replace(/^listening /, "")))
    })
    await use(url)
  } finally {
    server.kill()
  }
}
