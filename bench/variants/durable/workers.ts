/** Worker processes, and a database of their own on the server of the suite. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { distDirectory } from "../../harness/directories.js"
import { databaseLayer } from "./cluster.js"
import type { Memory, WorkerTask } from "./worker.js"

export interface Worker {
  readonly kill: () => Promise<void>
  readonly memory: () => Promise<Memory>
}

export const startWorker = (task: WorkerTask): Worker => {
  const program = join(distDirectory, "variants", "durable", "worker.js")
  const child: ChildProcess = spawn(process.execPath, ["--expose-gc", program, JSON.stringify(task)], {
    stdio: ["ignore", 2, 2, "ipc"]
  })
  return {
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill("SIGKILL")
      await once(child, "exit")
    },
    memory: async () => {
      child.send("memory")
      const [memory] = await once(child, "message")
      return memory
    }
  }
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === "object" && address !== null ? address.port : 0
}

/** An empty database on the server, which counts its statements. */
export const newDatabase = async (server: string, name: string): Promise<string> => {
  const on = (database: string, statement: string) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)).pipe(
      Effect.provide(databaseLayer({ database })),
      Effect.runPromise
    )
  const url = new URL(server)
  await on(server, `CREATE DATABASE ${name}`)
  url.pathname = `/${name}`
  await on(url.href, "CREATE EXTENSION pg_stat_statements")
  return url.href
}

/** Statements so far, and the milliseconds that they took. Begins and ends of transactions count. */
export const statements = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ readonly calls: number; readonly ms: number }>`
      SELECT sum(calls)::float8 AS calls, sum(total_exec_time)::float8 AS ms FROM pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    ([row]) => ({ calls: row?.calls ?? 0, ms: row?.ms ?? 0 })
  )
)
