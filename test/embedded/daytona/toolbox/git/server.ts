/** A git server over HTTP that requires credentials: git's own CGI program behind a Node server. */
import { execFile, spawn } from "node:child_process"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"

export interface GitServer {
  /** Of the directory that is served. */
  readonly url: string
  /** Of every request, in order. */
  readonly authorizations: ReadonlyArray<string | undefined>
}

/** Serves a directory on a port of this computer until the scope closes. */
export const serve = (options: {
  readonly directory: string
  /** The required credentials, `user:password`. */
  readonly credentials: string
  /** The status for other credentials. Default 401. */
  readonly otherwise?: number
}) =>
  Effect.gen(function* () {
    const programs = yield* Effect.promise(async () => {
      const { stdout } = await promisify(execFile)("git", ["--exec-path"])
      return stdout.trim()
    })
    const authorizations: Array<string | undefined> = []
    const wanted = `Basic ${Buffer.from(options.credentials).toString("base64")}`
    const server = createServer((request, response) => {
      const { authorization } = request.headers
      authorizations.push(authorization)
      if (authorization !== wanted) {
        request.resume()
        response.writeHead(options.otherwise ?? 401, { "www-authenticate": 'Basic realm="git"' }).end()
        return
      }
      runCgi(`${programs}/git-http-backend`, options.directory, request, response)
    })
    const port = yield* Effect.acquireRelease(
      Effect.async<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      }),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    const served: GitServer = { url: `http://127.0.0.1:${port}`, authorizations }
    return served
  })

const runCgi = (program: string, directory: string, request: IncomingMessage, response: ServerResponse) => {
  const { pathname, search } = new URL(request.url ?? "/", "http://localhost")
  const child = spawn(program, [], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      REMOTE_USER: "somebody",
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      HTTP_GIT_PROTOCOL: String(request.headers["git-protocol"] ?? "")
    }
  })
  request.pipe(child.stdin)
  child.stdin.on("error", () => undefined)
  const output: Array<Buffer> = []
  child.stdout.on("data", (bytes: Buffer) => output.push(bytes))
  child.once("close", () => {
    const bytes = Buffer.concat(output)
    const end = bytes.indexOf("\r\n\r\n")
    const lines = bytes.toString("latin1", 0, end).split("\r\n")
    let status = 200
    for (const line of lines) {
      const [name = "", value = ""] = line.split(": ")
      if (name.toLowerCase() === "status") status = Number.parseInt(value, 10)
      else response.setHeader(name, value)
    }
    response.writeHead(status).end(bytes.subarray(end + 4))
  })
}
