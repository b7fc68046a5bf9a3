/** Processes of the bench, one for each measurement. */
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { distDirectory } from "./directories.js"
import type { Figures, Setting, Table } from "./Suite.js"

/** What takes longer than that, in seconds, hangs. */
const defaultPatience = 180

const start = (task: object): ChildProcess =>
  spawn(process.execPath, ["--expose-gc", join(distDirectory, "harness", "worker.js"), JSON.stringify(task)], {
    // What the peers print is no part of the report.
    stdio: ["ignore", 2, 2, "ipc"]
  })

const firstMessage = (child: ChildProcess, patience = defaultPatience): Promise<object> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`took longer than ${patience} s`)), patience * 1000)
    child.once("message", (message) => resolve(Object(message)))
    child.once("error", reject)
    child.once("exit", (code, signal) => reject(new Error(`ended with ${code ?? signal}`)))
    child.once("exit", () => clearTimeout(timer))
  })

const finished = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once("exit", () => resolve())
  })

const end = (child: ChildProcess): Promise<void> => {
  child.kill("SIGKILL")
  return finished(child)
}

const numbersIn = (message: object): Figures =>
  Object.fromEntries(Object.entries(message).map(([name, value]) => [name, Number(value)]))

const textsIn = (message: object): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(message).map(([name, value]) => [name, String(value)]))

export const measure = async (suite: string, table: Table, variant: string, setting: Setting): Promise<Figures> => {
  const child = start({ suite, table: table.name, variant, setting })
  try {
    return numbersIn(await firstMessage(child, table.patience))
  } finally {
    await end(child)
  }
}

/** A server for as long as `use` takes. */
export const withServer = async <A>(
  suite: string,
  size: number,
  use: (server: Setting["server"]) => Promise<A>
): Promise<A> => {
  const child = start({ suite, setting: { server: {}, size } })
  try {
    return await use(textsIn(await firstMessage(child)))
  } finally {
    // It may have files to remove, which it does when nobody is connected to it any longer.
    child.disconnect()
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000)
    await finished(child)
    clearTimeout(timer)
  }
}
